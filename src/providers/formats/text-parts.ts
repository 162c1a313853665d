import { isJsonObject, ownValue, type JsonValue } from '../../core/json/json.js';
import { isJsonArray, textAt } from '../../core/json/json-fields.js';

/** What a model says, in one of its shapes. */
export interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
}

const NOTHING: Said = { text: '', reasoning: '', refusal: '' };
const DEEPEST = 4;
const REASONING_TYPES = ['thinking', 'reasoning', 'reasoning_text', 'reasoning.text', 'summary_text', 'thought'];
const REASONING_MEMBERS = ['thinking', 'reasoning', 'text', 'content', 'summary'];

/** Reads a text, a part with a text, or a list of both. Parts that think are reasoning; pictures and calls say nothing. */
export function saidIn(value: JsonValue | undefined, depth = 0): Said {
  if (typeof value === 'string') return { text: value, reasoning: '', refusal: '' };
  if (value === undefined || value === null) return NOTHING;
  if (depth > DEEPEST) return NOTHING;
  if (isJsonArray(value)) return value.map((part) => saidIn(part, depth + 1)).reduce(joined, NOTHING);
  if (!isJsonObject(value)) return NOTHING;
  const type = textAt(value, 'type');
  if (type === 'refusal') return { ...NOTHING, refusal: textAt(value, 'refusal') };
  if (REASONING_TYPES.includes(type)) {
    const thought = REASONING_MEMBERS.map((member) => saidIn(ownValue(value, member), depth + 1)).find(isSomething);
    return { ...NOTHING, reasoning: thought === undefined ? '' : thought.text + thought.reasoning };
  }
  if (type !== '' && type !== 'text' && type !== 'output_text' && type !== 'text_delta') return NOTHING;
  return saidIn(ownValue(value, 'text') ?? ownValue(value, 'value'), depth + 1);
}

function joined(left: Said, right: Said): Said {
  return {
    text: left.text + right.text,
    reasoning: left.reasoning + right.reasoning,
    refusal: left.refusal + right.refusal,
  };
}

function isSomething({ text, reasoning }: Said): boolean {
  return text !== '' || reasoning !== '';
}
