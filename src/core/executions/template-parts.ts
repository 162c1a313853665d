import { composed } from '../json/composed-text.js';
import { leadingPart } from '../json/well-formed-text.js';
import { bracedAt, syntaxAt, type TemplateSyntax } from './template-syntax.js';

/**
 * The grammar of prompts.
 *
 * - `{name}`, `{ name }` and `{{ name }}` are variables. A name begins with a letter of any alphabet or `_`.
 * - `{{` and the `}}` that closes it are literal braces; all other braces stay as they are, so that JSON may be written
 *   as JSON: `{"a": {"b": 1}}`.
 * - `\` before what would be a variable makes it plain text: `\{name}`.
 * - What other template languages have besides, `{{#if}}` and its like, is `foreign`: nobody would fill it.
 * - A brace before a name that is none of this, `{name:.2f}`, is `doubtful`: a mistake where there is such a variable. So is
 *   what stands in braces and is no name, `{2nd}`: a mistake where an input is called that.
 */
export type TemplatePart =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'variable'; readonly name: string };

export interface Template {
  readonly parts: readonly TemplatePart[];
  readonly foreign: readonly string[];
  readonly doubtful: readonly { readonly name: string; readonly source: string }[];
}

/** As much of what is refused as a person needs to find it. */
const SHOWN_LENGTH = 40;
/** Of each kind of mistake, as many as anybody could have made by hand. */
const MOST_MISTAKES = 10_000;

/** Reads a template in one pass, in time in proportion to its length. Anything is a template. */
export function readTemplate(template: string): Template {
  const reader = new TemplateReader(template);
  reader.read();
  return { parts: reader.parts(), foreign: reader.foreign, doubtful: reader.doubtful };
}

/** A piece of the template that is no text of its own: a variable, or a brace or `\\` that is left out. */
interface Cut {
  readonly at: number;
  end: number;
  readonly variable?: string;
}

class TemplateReader {
  readonly foreign: string[] = [];
  readonly doubtful: { readonly name: string; readonly source: string }[] = [];
  readonly #template: string;
  readonly #cuts: Cut[] = [];
  /** A `{{` that is literal braces if a `}}` closes it has the cut that it becomes then; every other open brace has none. */
  readonly #open: (Cut | undefined)[] = [];
  #at = 0;

  constructor(template: string) {
    this.#template = template;
  }

  read(): void {
    while (this.#at < this.#template.length) {
      const sign = this.#template[this.#at];
      if (sign === '{') this.#takeOpening();
      else if (sign === '}') this.#takeClosing();
      else if (sign === '\\') this.#takeBackslash();
      else if (sign === '<') this.#takeTag();
      else this.#at += 1;
    }
  }

  /** Texts and variables in turn; no text is empty. */
  parts(): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    let pieces: string[] = [];
    let from = 0;
    const take = (to: number) => {
      if (to > from) pieces.push(this.#template.slice(from, to));
    };
    const endText = () => {
      if (pieces.length > 0)
        parts.push({ type: 'text', text: pieces.length === 1 ? (pieces[0] ?? '') : pieces.join('') });
      pieces = [];
    };
    for (const { at, end, variable } of this.#cuts) {
      if (end === at) continue;
      take(at);
      from = end;
      if (variable === undefined) continue;
      endText();
      parts.push({ type: 'variable', name: variable });
    }
    take(this.#template.length);
    endText();
    return parts;
  }

  #takeOpening(): void {
    const at = this.#at;
    const syntax = syntaxAt(this.#template, at);
    if (syntax?.type === 'variable') {
      this.#cut(at, syntax.end, composed(syntax.name));
      this.#at = syntax.end;
      return;
    }
    this.#noteMistakes(syntax);
    const isDouble = this.#template[at + 1] === '{' && syntaxAt(this.#template, at + 1)?.type !== 'variable';
    this.#open.push(isDouble ? this.#cut(at, at) : undefined);
    this.#at += isDouble ? 2 : 1;
  }

  #takeClosing(): void {
    const opening = this.#open.pop();
    if (opening !== undefined && this.#template[this.#at + 1] === '}') {
      opening.end += 1;
      this.#cut(this.#at, this.#at + 1);
      this.#at += 2;
      return;
    }
    // Two braces one inside the other, as in `{{1}, {2}}`.
    if (opening !== undefined) this.#open.push(undefined);
    this.#at += 1;
  }

  /** Plain in front of anything that would mean something; else it stays. */
  #takeBackslash(): void {
    const behind = this.#at + 1;
    const next = this.#template[behind];
    const escaped = next === '{' || next === '<' ? syntaxAt(this.#template, behind) : undefined;
    if (escaped !== undefined) this.#cut(this.#at, behind);
    this.#at = escaped?.end ?? behind;
  }

  #takeTag(): void {
    this.#noteMistakes(syntaxAt(this.#template, this.#at));
    this.#at += 1;
  }

  #noteMistakes(syntax: TemplateSyntax | undefined): void {
    const at = this.#at;
    if (syntax?.type === 'foreign') {
      if (this.foreign.length < MOST_MISTAKES) this.foreign.push(this.#shown());
      return;
    }
    if (this.doubtful.length >= MOST_MISTAKES || this.#template[at] !== '{') return;
    const names = [syntax?.name, bracedAt(this.#template, at)?.trim()];
    for (const name of names) {
      if (name !== undefined) this.doubtful.push({ name: composed(name), source: this.#shown() });
    }
  }

  #shown(): string {
    return leadingPart(this.#template.slice(this.#at), SHOWN_LENGTH).split('\n', 1)[0] ?? '';
  }

  #cut(at: number, end: number, variable?: string): Cut {
    const cut = variable === undefined ? { at, end } : { at, end, variable };
    this.#cuts.push(cut);
    return cut;
  }
}
