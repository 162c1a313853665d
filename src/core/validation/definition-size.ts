import { withPrograms } from './compile-rules.js';
import { DEFINITION_LIMITS } from '../definitions/definition-limits.js';
import { agentUses, type WorkflowContent } from '../definitions/definition.js';
import type { Problem } from '../json/problem.js';
import type { Rule } from '../rules/rule.js';
import { utf8Length } from '../json/utf8-length.js';

/**
 * What of a definition is more than tokens can carry, or than can be decided on in time: its bytes ready for use, its arrows,
 * the parts of its rules, the agents that it names. Nothing when it fits.
 */
export function definitionTooLarge(content: WorkflowContent): readonly Problem[] {
  return [
    ...beyond(
      content.transitions.reduce((sum, { fromPlaces }) => sum + fromPlaces.length, 0),
      'arrows',
      {
        pointer: '/transitions',
        what: (count) => `the transitions start from ${count} places together`,
      },
    ),
    ...beyond(rulePartsOf(content), 'ruleParts', {
      pointer: '',
      what: (count) => `the transitions and place agents have ${count} parts of rules to evaluate`,
    }),
    ...beyond(new Set(agentUses(content).map(({ use }) => use.agentId)).size, 'agents', {
      pointer: '',
      what: (count) => `the definition names ${count} agents`,
    }),
    ...beyond(utf8Length(JSON.stringify(withPrograms(content))), 'bytes', {
      pointer: '',
      what: (count) => `the definition, with its place agents and parsed expressions, takes ${count} bytes`,
    }),
  ];
}

interface Measure {
  readonly pointer: string;
  readonly what: (count: number) => string;
}

function beyond(
  count: number,
  limit: 'arrows' | 'ruleParts' | 'agents' | 'bytes',
  { pointer, what }: Measure,
): readonly Problem[] {
  const most = DEFINITION_LIMITS[limit];
  if (count <= most) return [];
  return [
    { code: 'DEFINITION_TOO_LARGE', pointer, message: `${what(count)}; the most is ${most}: split the workflow` },
  ];
}

/** A named rule counts wherever it is named: there it is evaluated. */
function rulePartsOf({ rules, transitions, placeAgents }: WorkflowContent): number {
  const named = new Map(Object.entries(rules).map(([name, rule]) => [name, partsOf(rule)]));
  const own = [...transitions.map((each) => each.rules), ...placeAgents.map((agent) => agent.triggerConditions)];
  const conditions = transitions.flatMap((each) => [...new Set(each.conditions)]);
  return (
    own.flat().reduce((sum, rule) => sum + partsOf(rule), 0) +
    conditions.reduce((sum, name) => sum + (named.get(name) ?? 0), 0)
  );
}

function partsOf(rule: Rule): number {
  if (rule.type === 'Not') return 1 + partsOf(rule.rule);
  if (rule.type !== 'And' && rule.type !== 'Or') return 1;
  return rule.rules.reduce((sum, part) => sum + partsOf(part), 1);
}
