import { previewOf } from '../json/preview.js';
import { shortened } from '../json/shortened.js';
import type { Room } from '../json/room.js';
import type { Rule } from './rule.js';

/** A rule of so many characters as JSON is shown as it is. */
const SMALL = 4000;
const MAX_PARTS = 10;
const MAX_TEXT = 500;
const MAX_DEPTH = 3;

/** Rules are large and refused again and again; they never change. */
const known = new WeakMap<Rule, { readonly rule: Rule; readonly size: number }>();

/**
 * A rule as a refusal shows it: as it is, or as much of a large one as a person needs to recognise it. Undefined where it
 * finds no room.
 */
export function shownRule(rule: Rule, room: Room): Rule | undefined {
  if (room.isFull) return undefined;
  const shown = known.get(rule) ?? measured(rule);
  known.set(rule, shown);
  room.take(shown.size);
  return shown.rule;
}

function measured(rule: Rule): { readonly rule: Rule; readonly size: number } {
  const size = JSON.stringify(rule).length;
  if (size <= SMALL) return { rule, size };
  const small = beginningOf(rule, MAX_DEPTH);
  return { rule: small, size: JSON.stringify(small).length };
}

function beginningOf(rule: Rule, depth: number): Rule {
  switch (rule.type) {
    case 'And':
    case 'Or': {
      const rules = depth === 0 ? [] : rule.rules.slice(0, MAX_PARTS).map((part) => beginningOf(part, depth - 1));
      if (rules.length === rule.rules.length) return { ...rule, rules };
      const note = `the first ${rules.length} of ${rule.rules.length}`;
      const { description } = rule;
      return { ...rule, rules, description: description === undefined ? note : `${description} (${note})` };
    }
    case 'Not':
      return { ...rule, rule: beginningOf(rule.rule, depth) };
    case 'Expression':
      return { ...rule, expression: shortened(rule.expression, MAX_TEXT) };
    case 'FieldExists':
      return { ...rule, field: shortened(rule.field, MAX_TEXT) };
    case 'FieldEquals':
    case 'FieldGreaterThan':
    case 'FieldLessThan':
    case 'FieldContains':
      return { ...rule, field: shortened(rule.field, MAX_TEXT), value: previewOf(rule.value) };
  }
}
