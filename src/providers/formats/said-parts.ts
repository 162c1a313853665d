import { ModelError } from '../../core/executions/model-error.js';

/** Where a piece of text belongs, as far as the server says. */
export interface TextPlace {
  readonly item?: string;
  readonly output?: number | undefined;
  readonly content?: number | undefined;
}

interface Part {
  readonly place: TextPlace;
  /** What was passed on of it. */
  text: string;
  isDone: boolean;
  /** Set while all that came of the part is what another one has said already. */
  repeats?: Part;
  held: string;
}

/**
 * The texts of an answer whose server says them more than once: in pieces, as a whole at the end of a part, and again at
 * the end of the answer; some say a whole item twice. Each method gives what has not been said before. Ids and numbers
 * of places change on the way at some servers, so texts that are equal are one, too.
 */
export class SaidParts {
  readonly #parts: Part[] = [];
  #said = '';

  /** A piece of a text. */
  add(place: TextPlace, piece: string): string {
    if (piece === '') return '';
    const part = this.#openPart(place);
    if (part.repeats === undefined) return this.#say(part, piece);
    part.held += piece;
    if (part.repeats.text.startsWith(part.held)) return '';
    return this.#sayHeld(part);
  }

  /** The whole text of a part. Throws ModelError `incomplete_stream` when its pieces were something else. */
  whole(place: TextPlace, text: string): string {
    if (text === '') return '';
    const part = this.#find(place) ?? this.#at(place);
    if (part?.repeats !== undefined) {
      part.isDone = true;
      if (isEqual(text, part.repeats.text)) return '';
      part.held = text;
      return this.#sayHeld(part);
    }
    if (this.#hasSaid(text)) {
      if (part !== undefined) part.isDone = true;
      return '';
    }
    const open = part === undefined || part.isDone ? this.#newPart(place) : part;
    open.isDone = true;
    return this.#say(open, missing(open.text, text));
  }

  /** All texts of the answer in their order. Throws ModelError `incomplete_stream` when it was something else. */
  all(texts: readonly string[]): string {
    const held = this.#parts.map((part) => (part.isDone || part.repeats === undefined ? '' : this.#sayHeld(part)));
    const told = texts.filter((text) => text !== '');
    const together = told.join('');
    if (together === '' || isEqual(together, this.#said)) return held.join('');
    const rest = told.filter((text) => !this.#hasSaid(text));
    if (rest.length === 0) return held.join('');
    if (this.#said === '' || together.startsWith(this.#said))
      return held.join('') + this.#say(this.#newPart({}), missing(this.#said, together));
    throw contradiction();
  }

  #openPart(place: TextPlace): Part {
    const latest = this.#find(place);
    if (latest !== undefined && !latest.isDone) return latest;
    const first =
      latest ??
      this.#parts.find(
        (part) => place.item !== undefined && part.place.item === place.item && part.place.content === place.content,
      );
    return this.#newPart(place, first?.repeats ?? first);
  }

  #find(place: TextPlace): Part | undefined {
    return this.#parts.findLast((part) => isSame(part.place, place));
  }

  #newPart(place: TextPlace, repeats?: Part): Part {
    const part = { place, text: '', isDone: false, held: '', ...(repeats === undefined ? {} : { repeats }) };
    this.#parts.push(part);
    return part;
  }

  #at({ output, content }: TextPlace): Part | undefined {
    if (output === undefined && content === undefined) return this.#parts.at(-1);
    return this.#parts.findLast(({ place }) => place.output === output && place.content === content);
  }

  #say(part: Part, text: string): string {
    part.text += text;
    this.#said += text;
    return text;
  }

  /** It is another text after all. */
  #sayHeld(part: Part): string {
    delete part.repeats;
    const text = part.held;
    part.held = '';
    return this.#say(part, text);
  }

  #hasSaid(text: string): boolean {
    return isEqual(text, this.#said) || this.#parts.some((part) => part.text !== '' && isEqual(text, part.text));
  }
}

function isSame(left: TextPlace, right: TextPlace): boolean {
  return left.item === right.item && left.output === right.output && left.content === right.content;
}

/** Some servers cut the blanks around a text when they say it once more. */
function isEqual(left: string, right: string): boolean {
  return left.length === right.length ? left === right : left.trim() === right.trim();
}

function missing(said: string, whole: string): string {
  if (whole.startsWith(said)) return whole.slice(said.length);
  throw contradiction();
}

function contradiction(): ModelError {
  return new ModelError(
    'incomplete_stream',
    'What the provider said as it went is not what it said at the end: some of it is lost.',
  );
}
