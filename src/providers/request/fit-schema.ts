import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { isJsonArray, listAt, objectAt, textAt } from '../../core/json/json-fields.js';
import { plainSchema, typeOfValue, typesOf } from './plain-schema.js';
import type { SchemaSubset } from './schema-subsets.js';

/**
 * A schema in the words of a subset. Every answer that fits it is one that may fit the whole schema, which is checked
 * afterwards; it asks for less where a limit cannot be said, and for more where the API wants objects closed and values
 * typed. `undefined` where that would ask for something else.
 */
export function fitSchema(schema: JsonObject, subset: SchemaSubset): JsonObject | undefined {
  return new SchemaFitter(schema, subset).fit();
}

/** What says nothing about a value. */
const METADATA = new Set('$schema $id id $comment $anchor readOnly writeOnly deprecated'.split(' '));
/** What decides about a value as a whole: without it another schema would be left. */
const DECISIVE = new Set(
  'not if then else patternProperties propertyNames prefixItems contains oneOf allOf'.split(' '),
);
const DEFINITION = /^#\/(?:\$defs|definitions)\/([^/]+)$/;

class SchemaFitter {
  readonly #root: JsonObject;
  readonly #subset: SchemaSubset;
  readonly #definitions = new Map<string, JsonObject>();
  /** Definitions that are being fitted: a reference to one of them closes a circle. */
  readonly #open = new Set<string>();
  #isFit = true;
  #properties = 0;
  #optional = 0;
  #unions = 0;

  constructor(root: JsonObject, subset: SchemaSubset) {
    this.#root = root;
    this.#subset = subset;
  }

  fit(): JsonObject | undefined {
    const { objectAtRoot, keywords, mostProperties, mostOptional, mostUnions } = this.#subset;
    const fitted = keywords === 'all' ? asItIs(this.#root) : this.#value(rootOf(this.#root), 0);
    this.#need(!objectAtRoot || textAt(fitted, 'type') === 'object');
    this.#need(this.#properties <= mostProperties && this.#optional <= mostOptional && this.#unions <= mostUnions);
    if (!this.#isFit) return undefined;
    return this.#definitions.size === 0 ? fitted : { ...fitted, $defs: Object.fromEntries(this.#definitions) };
  }

  #need(holds: boolean): void {
    this.#isFit &&= holds;
  }

  #value(given: JsonValue | undefined, depth: number): JsonObject {
    const { deepest, typed } = this.#subset;
    this.#need(depth <= deepest && given !== false);
    if (!this.#isFit || !isJsonObject(given)) {
      this.#need(!typed);
      return {};
    }
    const schema = plainSchema(given);
    const reference = ownValue(schema, '$ref');
    if (typeof reference === 'string') return this.#reference(reference, depth);
    const choices = listAt(schema, 'anyOf');
    const types = typesOf(schema);
    this.#need(!typed || types.length > 0 || choices.length > 0);
    if (choices.length > 0 || types.length > 1) this.#unions += 1;
    const kept = this.#kept(schema);
    return {
      ...kept,
      ...(types.length === 0 ? {} : { type: types.length === 1 ? (types[0] ?? '') : types }),
      ...(choices.length === 0 ? {} : { anyOf: choices.map((choice) => this.#value(choice, depth + 1)) }),
      ...(types.includes('object') ? this.#object(schema, depth) : {}),
      ...(types.includes('array') ? this.#list(schema, depth) : {}),
    };
  }

  #reference(reference: string, depth: number): JsonObject {
    const { references } = this.#subset;
    if (reference === '#') {
      this.#need(references === 'circles');
      return { $ref: reference };
    }
    const name = DEFINITION.exec(reference)?.[1] ?? '';
    const target = definition(this.#root, reference);
    this.#need(target !== undefined && (references === 'circles' || !this.#open.has(name)));
    if (!this.#definitions.has(name) && this.#isFit) {
      this.#open.add(name);
      // Its place is taken before it is fitted: it may refer to itself.
      this.#definitions.set(name, {});
      this.#definitions.set(name, this.#value(target, depth + 1));
      this.#open.delete(name);
    }
    return { $ref: `#/$defs/${name}` };
  }

  #object(schema: JsonObject, depth: number): JsonObject {
    const { closed, complete } = this.#subset;
    const properties = Object.entries(objectAt(schema, 'properties'));
    const required = listAt(schema, 'required').filter((name) => typeof name === 'string');
    const needed = new Set(required);
    const optional = properties.filter(([name]) => !needed.has(name));
    const others = ownValue(schema, 'additionalProperties');
    this.#properties += properties.length;
    this.#optional += optional.length;
    this.#need(!complete || optional.length === 0);
    // A map of names that nobody knows would have to be empty, and what is open on purpose stays so.
    this.#need(!closed || (properties.length > 0 && (others === undefined || others === false)));
    const fitted = properties.map(([name, value]) => [name, this.#value(value, depth + 1)] as const);
    return {
      ...(properties.length === 0 ? {} : { properties: Object.fromEntries(fitted) }),
      ...(required.length === 0 ? {} : { required }),
      ...(closed ? { additionalProperties: false } : this.#others(others, depth)),
    };
  }

  #others(others: JsonValue | undefined, depth: number): JsonObject {
    if (others === undefined) return {};
    return { additionalProperties: isJsonObject(others) ? this.#value(others, depth + 1) : others };
  }

  #list(schema: JsonObject, depth: number): JsonObject {
    const items = ownValue(schema, 'items');
    const first = listAt(schema, 'prefixItems');
    const { keywords } = this.#subset;
    this.#need(!isJsonArray(items) && (first.length === 0 || keywords === 'all' || keywords.has('prefixItems')));
    if (first.length > 0) return { prefixItems: first.map((item) => this.#value(item, depth + 1)) };
    return items === undefined && !this.#subset.typed ? {} : { items: this.#value(items, depth + 1) };
  }

  /** What is sent as it is, with a description that has the rest. */
  #kept(schema: JsonObject): JsonObject {
    const kept: Record<string, JsonValue> = {};
    const left: string[] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (METADATA.has(keyword) || STRUCTURAL.has(keyword) || keyword.startsWith('x-')) continue;
      if (this.#takes(keyword, value)) kept[keyword] = value;
      else {
        this.#need(!DECISIVE.has(keyword) && keyword !== 'enum');
        left.push(`${keyword}: ${JSON.stringify(value)}`);
      }
    }
    if (left.length === 0) return kept;
    const said = textAt(schema, 'description');
    return { ...kept, description: `${said}${said === '' ? '' : ' '}{${left.join(', ')}}` };
  }

  #takes(keyword: string, value: JsonValue): boolean {
    const { keywords, formats, minItems } = this.#subset;
    if (keywords !== 'all' && !keywords.has(keyword)) return false;
    if (keyword === 'format') return typeof value === 'string' && formats.has(value);
    if (keyword === 'minItems') return minItems === undefined || minItems.some((least) => least === value);
    // Of objects and lists there is no choice.
    return (
      keyword !== 'enum' || (isJsonArray(value) && value.every((item) => this.#subset.choices.has(typeOfValue(item))))
    );
  }
}

function definition(root: JsonObject, reference: string): JsonValue | undefined {
  const name = DEFINITION.exec(reference)?.[1] ?? '';
  return ownValue(objectAt(root, '$defs'), name) ?? ownValue(objectAt(root, 'definitions'), name);
}

/** The schema that the root is: some tools write nothing there but a reference. */
function rootOf(root: JsonObject): JsonObject {
  const reference = textAt(root, '$ref');
  const target = reference === '' ? undefined : definition(root, reference);
  const { $defs: _defs, definitions: _definitions, ...own } = root;
  return isJsonObject(target) ? target : own;
}

/** No API wants to be told the dialect, and some want to be told that it is an object. */
function asItIs({ $schema: _dialect, ...schema }: JsonObject): JsonObject {
  return typesOf(schema).join() === 'object' ? { ...schema, type: 'object' } : schema;
}

/** These are fitted one by one. */
const STRUCTURAL = new Set(
  'type properties required additionalProperties items prefixItems anyOf $ref $defs definitions nullable'.split(' '),
);
