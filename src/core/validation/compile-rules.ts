import { compileExpression } from './compile-expression.js';
import type { WorkflowContent, WorkflowDefinition } from '../definitions/definition.js';
import type { ExpressionProgram } from '../rules/expression.js';
import type { Rule } from '../rules/rule.js';

type Prepared<Content> = Content & Pick<WorkflowDefinition, 'programs'>;

/** A definition with its expressions parsed, for `decide`. What does not parse is left out: its rules are in error. */
export function withPrograms<Content extends WorkflowContent>(definition: Content): Prepared<Content> {
  const { rules, transitions, placeAgents } = definition;
  const all = [
    ...Object.values(rules),
    ...transitions.flatMap((transition) => transition.rules),
    ...placeAgents.flatMap(({ triggerConditions }) => triggerConditions),
  ];
  const texts = [...new Set(all.flatMap(expressionsIn))];
  if (texts.length === 0) return definition;
  const compiled = texts.map((text) => [text, compileExpression(text)] as const);
  const programs = compiled.filter((entry): entry is [string, ExpressionProgram] => typeof entry[1] !== 'string');
  return { ...definition, programs: Object.fromEntries(programs) };
}

function expressionsIn(rule: Rule): readonly string[] {
  switch (rule.type) {
    case 'Expression':
      return [rule.expression];
    case 'And':
    case 'Or':
      return rule.rules.flatMap(expressionsIn);
    case 'Not':
      return expressionsIn(rule.rule);
    case 'FieldExists':
    case 'FieldEquals':
    case 'FieldGreaterThan':
    case 'FieldLessThan':
    case 'FieldContains':
      return [];
  }
}
