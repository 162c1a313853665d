import { stringify } from 'yaml';

import type { AgentContent } from '../core/agents/agent.js';
import type { PlaceAgent, Transition, WorkflowContent } from '../core/definitions/definition.js';
import type { Rule } from '../core/rules/rule.js';

/** For editors: the schema of a file in `agents` or `workflows`, where the package is installed beside them. */
const SCHEMAS = '../node_modules/circuit-breaker/dist/definitions';

/** A workflow as a file of a folder of definitions, which reads back as the same. */
export function writeWorkflow(id: string, { transitions, rules, placeAgents, ...content }: WorkflowContent): string {
  return written('workflow', {
    id,
    ...content,
    ...unlessEmpty('rules', Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, shortRule(rule)]))),
    transitions: transitions.map(transitionOf),
    ...unlessEmpty('placeAgents', placeAgents.map(placeAgentOf)),
  });
}

/** An agent as a file of a folder of definitions. A prompt that reads like the name of a file has to be put into one by the caller. */
export function writeAgent(id: string, content: AgentContent): string {
  return written('agent', { id, ...content });
}

function written(kind: 'agent' | 'workflow', definition: object): string {
  const options = { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;
  return `# yaml-language-server: $schema=${SCHEMAS}/${kind}.schema.json\n${stringify(definition, options)}`;
}

function transitionOf({ trigger, conditions, rules, agentExecution, ...rest }: Transition): object {
  const last = rules.at(-1);
  const when = last === undefined ? undefined : whenOf(last);
  const listed = (when === undefined ? rules : rules.slice(0, -1)).map(shortRule);
  return {
    ...rest,
    ...(trigger === 'manual' ? {} : { trigger }),
    ...unlessEmpty('conditions', conditions),
    ...unlessEmpty('rules', listed),
    ...(when === undefined ? {} : { when }),
    ...(agentExecution === undefined ? {} : { agentExecution: useOf(agentExecution) }),
  };
}

function placeAgentOf({ triggerConditions, ...use }: PlaceAgent): object {
  return { ...useOf(use), ...unlessEmpty('triggerConditions', triggerConditions.map(shortRule)) };
}

/** Without what is so by itself. */
function useOf(use: object): object {
  return Object.fromEntries(
    Object.entries(use).filter(([name, value]) => {
      if (name === 'enabled' || name === 'required') return value !== true;
      return !name.endsWith('Mapping') || Object.keys(value as object).length > 0;
    }),
  );
}

/** The text of a rule that is nothing but an expression. */
function whenOf(rule: Rule): string | undefined {
  const isPlain = rule.type === 'Expression' && rule.id === undefined && rule.description === undefined;
  return isPlain ? rule.expression : undefined;
}

function shortRule(rule: Rule): object {
  switch (rule.type) {
    case 'Expression': {
      const { type: _type, expression, ...notes } = rule;
      return { when: expression, ...notes };
    }
    case 'And':
    case 'Or':
      return { ...rule, rules: rule.rules.map(shortRule) };
    case 'Not':
      return { ...rule, rule: shortRule(rule.rule) };
    case 'FieldExists':
    case 'FieldEquals':
    case 'FieldGreaterThan':
    case 'FieldLessThan':
    case 'FieldContains':
      return rule;
  }
}

function unlessEmpty(name: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}
