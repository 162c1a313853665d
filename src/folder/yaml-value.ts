import { isAlias, isMap, isPair, isScalar, isSeq, type Alias, type Document, type Pair, type Scalar } from 'yaml';

import type { FolderProblemCode } from '../core/codes.js';
import { pointerSteps } from '../core/json/json-pointer.js';
import { shorten } from '../core/json/preview.js';

/** Something wrong at an offset of the text. */
export interface OffsetProblem {
  readonly offset: number;
  readonly code: FolderProblemCode;
  readonly message: string;
}

/** What YAML 1.1, and with it many tools, reads as true or false. */
const SWITCH = /^(?:yes|no|on|off)$/i;
/** `010` is eight to YAML 1.1 and ten to YAML 1.2; JSON has neither. */
const OCTAL = /^[-+]?0(?:o[0-7]+|\d+)$/;
const MERGE = '<<';
const MOST_PROBLEMS = 200;

/**
 * The value of a YAML document, as JSON could carry it, and where each part of it stands. Recurses: how deep the document goes was
 * seen before.
 */
export class YamlValue {
  readonly input: unknown;
  readonly #document: Document.Parsed;
  readonly #problems: OffsetProblem[] = [];
  readonly #anchors = new Set<string>();
  /** By the word: one mistake is told once, however often the word is there. */
  readonly #ambiguous = new Map<string, OffsetProblem>();

  constructor(document: Document.Parsed) {
    this.#document = document;
    if (document.directives.yaml.explicit === true || Object.keys(document.directives.tags).length > 1) {
      this.#refuse(0, 'directives such as %YAML are not read: begin with the definition itself');
    }
    this.input = this.#valueOf(document.contents);
  }

  get problems(): readonly OffsetProblem[] {
    return [...this.#problems, ...this.#ambiguous.values()].slice(0, MOST_PROBLEMS);
  }

  /** Where in the text something stands: a value that is no object or list, else the key in front of it. */
  offsetOf(pointer: string, part: 'key' | 'value' = 'value'): number {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const name of pointerSteps(pointer)) {
      const next = isSeq(node) ? { key: undefined, value: node.items[Number(name)] } : memberOf(node, name);
      if (next === undefined) break;
      const isKey = part === 'key' || isMap(next.value) || isSeq(next.value);
      offset = (isKey ? undefined : startOf(next.value)) ?? startOf(next.key) ?? startOf(next.value) ?? offset;
      node = next.value;
    }
    return offset;
  }

  #valueOf(node: unknown): unknown {
    if (isAlias(node)) {
      this.#alias(node);
      return;
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return null;
    if (node.anchor !== undefined) {
      this.#anchors.add(node.anchor);
      this.#refuse(
        startOf(node) ?? 0,
        `an anchor (&${shorten(node.anchor)}) is not read: write the value wherever it is meant`,
      );
    }
    if (node.tag !== undefined) {
      this.#refuse(
        startOf(node) ?? 0,
        `a tag (${shorten(node.tag)}) is not read: write the value itself, quoted if it is a text`,
      );
    }
    if (isScalar(node)) return this.#scalar(node);
    if (isSeq(node)) return node.items.map((item) => this.#valueOf(isPair(item) ? item.value : item));
    return this.#object(node.items);
  }

  #object(pairs: readonly Pair[]): unknown {
    const members = new Map<string, unknown>();
    for (const { key, value } of pairs) {
      const name = this.#keyOf(key);
      if (name === undefined) continue;
      const read = this.#valueOf(value);
      if (members.has(name)) {
        const message = `"${shorten(name)}" is there twice: leave one of them`;
        this.#problems.push({ offset: startOf(key) ?? 0, code: 'DUPLICATE_KEY', message });
      } else members.set(name, read);
    }
    return Object.fromEntries(members);
  }

  #keyOf(key: unknown): string | undefined {
    const offset = startOf(key) ?? 0;
    if (!isScalar(key)) {
      this.#refuse(offset, isAlias(key) ? 'an alias is no key: write the key itself' : 'a key is a text');
      return undefined;
    }
    if (key.source === MERGE && key.type === 'PLAIN') {
      this.#refuse(offset, 'a merge key (<<) is not read: write the members themselves');
      return undefined;
    }
    const value = this.#valueOf(key);
    return typeof value === 'string' ? value : (key.source ?? String(value));
  }

  #scalar(node: Scalar): unknown {
    const { source = '', type, value } = node;
    if (type !== 'PLAIN') return value;
    if (SWITCH.test(source))
      this.#ambiguousWord(node, `${source} is a truth value to YAML 1.1: write "${source}", or true or false`);
    else if (OCTAL.test(source) && !/^[-+]?0$/.test(source))
      this.#ambiguousWord(
        node,
        `${shorten(source)} is an octal number to some and a decimal one to others: write it without the 0, or quoted`,
      );
    return value;
  }

  #ambiguousWord(node: Scalar, message: string): void {
    const word = node.source ?? '';
    if (this.#ambiguous.has(word)) return;
    this.#ambiguous.set(word, { offset: startOf(node) ?? 0, code: 'YAML_AMBIGUOUS', message });
  }

  /** With its anchor it is one mistake, which is told there. */
  #alias({ source, range }: Alias): void {
    if (this.#anchors.has(source)) return;
    this.#refuse(range?.[0] ?? 0, `an alias (*${shorten(source)}) is not read: write the value itself`);
  }

  #refuse(offset: number, message: string): void {
    this.#problems.push({ offset, code: 'YAML_REFUSED', message });
  }
}

function memberOf(node: unknown, name: string): { readonly key: unknown; readonly value: unknown } | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && (key.value === name || key.source === name));
}

function startOf(node: unknown): number | undefined {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0];
  return undefined;
}
