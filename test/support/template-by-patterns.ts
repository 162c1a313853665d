import type { Template, TemplatePart } from '../../src/core/executions/template-parts.js';
import { leadingPart } from '../../src/core/json/well-formed-text.js';

const NAME = String.raw`[\p{L}_][\p{L}\p{M}\p{N}_.-]*`;
const VARIABLE = new RegExp(String.raw`\{\{[ \t]*(${NAME})[ \t]*\}\}|\{[ \t]*(${NAME})[ \t]*\}`, 'uy');
const FOREIGN = new RegExp(
  String.raw`\{\{[~-]?[ \t]*(?:[#/^>!&*]|${NAME}[ \t]*[|(]|${NAME}[ \t]+${NAME})|\{%[-+]?[ \t]*\p{L}|<%[-=]?[ \t]*${NAME}`,
  'uy',
);
const DOUBTFUL = new RegExp(String.raw`\{\{?\s*(${NAME})`, 'uy');
const NO_NAME = /\{\{?([^{}]+)\}/y;
/** Where anything of the grammar may begin. */
const NEXT = /[\\{}]|<%/g;

/** As much of what is refused as a person needs to find it. */
const SHOWN_LENGTH = 40;

/** The grammar of prompts as patterns say it: slow, and easily compared with what is written of it. */
export function templateByPatterns(template: string): Template {
  const reader = new PatternReader(template);
  reader.read();
  return { parts: joinTexts(reader.parts), foreign: reader.foreign, doubtful: reader.doubtful };
}

function joinTexts(parts: readonly TemplatePart[]): readonly TemplatePart[] {
  const joined: TemplatePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type === 'text' && last?.type === 'text') {
      joined[joined.length - 1] = { type: 'text', text: last.text + part.text };
    } else joined.push(part);
  }
  return joined;
}

/** `double`: a `{{` that is literal braces if a `}}` closes it, and otherwise stays. */
interface OpenBrace {
  readonly isDouble: boolean;
  /** Of the part that the braces are. */
  readonly part: number;
}

class PatternReader {
  readonly parts: TemplatePart[] = [];
  readonly foreign: string[] = [];
  readonly doubtful: { readonly name: string; readonly source: string }[] = [];
  readonly #template: string;
  readonly #open: OpenBrace[] = [];
  #at = 0;

  constructor(template: string) {
    this.#template = template;
  }

  read(): void {
    while (this.#at < this.#template.length) {
      NEXT.lastIndex = this.#at;
      const next = NEXT.exec(this.#template)?.index ?? this.#template.length;
      this.#text(this.#template.slice(this.#at, next));
      this.#at = next;
      if (next < this.#template.length) this.#take();
    }
  }

  #take(): void {
    const sign = this.#template[this.#at];
    if (sign === '\\') this.#takeBackslash();
    else if (sign === '}') this.#takeClosing();
    else if (sign === '{') this.#takeBrace();
    else {
      this.#lookForMistakes();
      this.#keep(1);
    }
  }

  #takeBrace(): void {
    if (this.#takeVariable()) return;
    this.#lookForMistakes();
    this.#takeOpening();
  }

  /** Plain in front of anything that would mean something; else it stays. */
  #takeBackslash(): void {
    const [start, behind] = [this.#at, this.#at + 1];
    const next = this.#template[behind];
    if (next !== '{' && next !== '<') {
      this.#keep(1);
      return;
    }
    const escaped = [VARIABLE, FOREIGN, DOUBTFUL].map((pattern) => this.#match(pattern, behind)?.[0]).find(Boolean);
    if (escaped === undefined) {
      this.#keep(1);
      return;
    }
    this.#text(escaped);
    this.#at = start + 1 + escaped.length;
  }

  #takeVariable(): boolean {
    const match = this.#match(VARIABLE, this.#at);
    if (match === undefined) return false;
    const name = match[1] ?? match[2] ?? '';
    this.parts.push({ type: 'variable', name: name.normalize('NFC') });
    this.#at += match[0].length;
    return true;
  }

  #lookForMistakes(): void {
    const source = () => leadingPart(this.#template.slice(this.#at), SHOWN_LENGTH).split('\n', 1)[0] ?? '';
    if (this.#match(FOREIGN, this.#at) !== undefined) {
      this.foreign.push(source());
      return;
    }
    for (const pattern of [DOUBTFUL, NO_NAME]) {
      const name = this.#match(pattern, this.#at)?.[1]?.trim();
      if (name !== undefined) this.doubtful.push({ name: name.normalize('NFC'), source: source() });
    }
  }

  #takeOpening(): void {
    const isDouble = this.#template.startsWith('{{', this.#at) && this.#match(VARIABLE, this.#at + 1) === undefined;
    this.#open.push({ isDouble, part: this.parts.length });
    this.#keep(isDouble ? 2 : 1);
  }

  #takeClosing(): void {
    const opening = this.#open.pop();
    if (opening?.isDouble !== true) {
      this.#keep(1);
    } else if (this.#template.startsWith('}}', this.#at)) {
      this.parts[opening.part] = { type: 'text', text: '{' };
      this.#text('}');
      this.#at += 2;
    } else {
      // Two braces one inside the other, as in `{{1}, {2}}`.
      this.#open.push({ isDouble: false, part: opening.part });
      this.#keep(1);
    }
  }

  #keep(length: number): void {
    this.#text(this.#template.slice(this.#at, this.#at + length));
    this.#at += length;
  }

  #text(text: string): void {
    if (text !== '') this.parts.push({ type: 'text', text });
  }

  #match(pattern: RegExp, at: number): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#template) ?? undefined;
  }
}
