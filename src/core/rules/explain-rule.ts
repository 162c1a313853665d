import type { JsonObject, JsonValue } from '../json/json.js';
import { parsePath, readPath } from '../json/path.js';
import { previewOf, shorten, shown } from '../json/preview.js';
import { shortened } from '../json/shortened.js';
import type { Room } from '../json/room.js';
import type { Judged, JudgedExpression, JudgedField, JudgedRules, RuleSubject } from './judge-rule.js';
import type { FieldRule } from './rule.js';

export interface Explanation {
  /** In words, for a person. */
  readonly reason: string;
  /** What the rule saw: a field's value, or for And, Or and Not the list of its leaves. */
  readonly actual?: JsonValue;
}

/** A rule may have hundreds of leaves: so many are told, and how many more there are. */
const MAX_LEAVES = 20;
/** Characters, of one rule: of all that is said, and of its reason alone. */
const MAX_WORDS = 6000;
const MAX_REASON = 2000;
/** Of a field's name, or of an expression's text, beside what it saw. */
const MAX_NAME = 500;

/** Says why a rule holds or does not, in a bounded number of words whatever rule and token hold. */
export function explainRule(judged: Judged, subject: RuleSubject): Explanation {
  const explainer = new RuleExplainer(subject, subject.budget.words.part(MAX_WORDS));
  if (judged.kind !== 'rules') return explainer.leaf(judged);
  return { reason: shortened(explainer.reason(judged), MAX_REASON), actual: explainer.leaves(judged) };
}

class RuleExplainer {
  readonly #subject: RuleSubject;
  readonly #room: Room;
  readonly #told = new Map<Judged, Explanation>();

  constructor(subject: RuleSubject, room: Room) {
    this.#subject = subject;
    this.#room = room;
  }

  leaf(leaf: JudgedField | JudgedExpression): Explanation {
    const known = this.#told.get(leaf);
    if (known !== undefined) return known;
    const explanation = leaf.kind === 'field' ? this.#field(leaf) : this.#expression(leaf);
    this.#room.take(explanation.reason.length);
    this.#told.set(leaf, explanation);
    return explanation;
  }

  reason(judged: Judged): string {
    if (judged.kind !== 'rules') return this.leaf(judged).reason;
    const { rule, parts } = judged;
    if (rule.type === 'Not') return `not (${parts.map((part) => this.reason(part)).join('')})`;
    const against = parts.filter(({ verdict }) => verdict !== 'holds');
    if (against.length === 0) return `${rule.type} of nothing`;
    const told: string[] = [];
    for (const part of against) {
      if (this.#isFull) break;
      told.push(this.reason(part));
    }
    const left = against.length - told.length;
    return [...told, ...moreThan(left)].join(rule.type === 'And' ? '; and ' : '; or ');
  }

  /** The leaves with what they saw; of many, those that do not hold come first. */
  leaves(judged: JudgedRules): readonly JsonValue[] {
    const all = leavesOf(judged);
    const kept = all.length > MAX_LEAVES ? [...all].sort(againstFirst).slice(0, MAX_LEAVES) : all;
    const told = kept.flatMap((leaf) => (this.#room.isFull && !this.#told.has(leaf) ? [] : [this.#leafShown(leaf)]));
    return [...told, ...moreThan(all.length - told.length)];
  }

  get #isFull(): boolean {
    return this.#room.isFull || this.#told.size >= MAX_LEAVES;
  }

  #leafShown(leaf: JudgedField | JudgedExpression): JsonObject {
    const { rule, verdict } = leaf;
    const { actual } = this.leaf(leaf);
    const what =
      rule.type === 'Expression'
        ? { expression: shortened(rule.expression, MAX_NAME) }
        : { field: shortened(rule.field, MAX_NAME) };
    return { type: rule.type, ...what, verdict, ...(actual === undefined ? {} : { actual }) };
  }

  #field({ rule, verdict, seen }: JudgedField): Explanation {
    const field = shortened(rule.field, MAX_NAME);
    if (parsePath(rule.field) === undefined) return { reason: `"${field}" is not a path into data or metadata` };
    const asked = `${verdict === 'error' ? 'cannot check' : 'asked for'} ${expectation(rule, this.#room)}`;
    if (seen === undefined) return { reason: `${field} is absent; ${asked}` };
    const actual = previewOf(seen, this.#room);
    return { reason: `${field} is ${inWords(actual)}; ${asked}`, actual };
  }

  #expression({ rule: { expression }, verdict, fault }: JudgedExpression): Explanation {
    const { fields, programs = {} } = this.#subject;
    const program = Object.hasOwn(programs, expression) ? programs[expression] : undefined;
    const text = shorten(expression);
    if (program === undefined) return { reason: `${text} was not parsed` };
    const seen = program.fields.flatMap((field) => {
      const path = parsePath(field);
      const value = path === undefined || this.#room.isFull ? undefined : readPath(fields, path);
      return value === undefined ? [] : [[shortened(field, MAX_NAME), previewOf(value, this.#room)] as const];
    });
    const values = seen.map(([field, value]) => `${field} is ${inWords(value)}`).join(', ');
    const actual = Object.fromEntries(seen);
    if (verdict !== 'error') return { reason: `${text} is ${verdict === 'holds'}${values && `: ${values}`}`, actual };
    return { reason: `cannot evaluate ${text}: ${fault ?? ''}${values && `; ${values}`}`, actual };
  }
}

function leavesOf(judged: Judged): readonly (JudgedField | JudgedExpression)[] {
  return judged.kind === 'rules' ? judged.parts.flatMap(leavesOf) : [judged];
}

function againstFirst(left: Judged, right: Judged): number {
  return Number(left.verdict === 'holds') - Number(right.verdict === 'holds');
}

function moreThan(left: number): readonly string[] {
  return left === 0 ? [] : [`… ${left} more`];
}

function inWords(preview: JsonValue): string {
  return shorten(JSON.stringify(preview));
}

function expectation(rule: FieldRule, room: Room): string {
  switch (rule.type) {
    case 'FieldExists':
      return 'a value';
    case 'FieldEquals':
      return `exactly ${shown(rule.value, room)}`;
    case 'FieldContains':
      return `something that contains ${shown(rule.value, room)}`;
    case 'FieldGreaterThan':
      return `more than ${shown(rule.value, room)}`;
    case 'FieldLessThan':
      return `less than ${shown(rule.value, room)}`;
  }
}
