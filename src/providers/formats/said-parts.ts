import { ModelError } from '../../core/executions/model-error.js';

/** Where a piece of text belongs, as far as the server says. */
export interface TextPlace {
  readonly item?: string;
  readonly output?: number | undefined;
  readonly content?: number | undefined;
}

interface Part {
  readonly place: TextPlace;
  /** What was passed on of it, whole and in its pieces. */
  text: string;
  readonly pieces: string[];
  isDone: boolean;
  /** Set while all that came of the part is what another one has said already. */
  repeats?: { readonly part: Part; readonly reading: PieceReading };
  held: string;
}

/** More than any answer has: each is compared with what comes. */
const MOST_PARTS = 1024;
/** Of a text that is said once more, to be the same. */
const MOST_BLANKS = 64;

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
    return part.repeats.reading.goesOnWith(piece) ? '' : this.#sayHeld(part);
  }

  /** The whole text of a part. Throws ModelError `incomplete_stream` when its pieces were something else. */
  whole(place: TextPlace, text: string): string {
    if (text === '') return '';
    const own = this.#find(place);
    const part = own ?? this.#at(place);
    if (part?.repeats !== undefined) {
      part.isDone = true;
      if (isEqual(text, part.repeats.part.text)) return '';
      part.held = text;
      return this.#sayHeld(part);
    }
    // What its own pieces have said must be this, whatever others have said.
    const isBegun = own !== undefined && !own.isDone && own.text !== '';
    if (isBegun ? isEqual(text, own.text) : this.#hasSaid(text)) {
      if (part !== undefined) part.isDone = true;
      return '';
    }
    const open = part === undefined || part.isDone ? this.#newPart(place) : part;
    open.isDone = true;
    return this.#say(open, missing(open.text, text));
  }

  /** All texts of the answer in their order. Throws ModelError `incomplete_stream` when it was something else. */
  all(texts: readonly string[]): string {
    const held = this.#parts.map((part) => (isHeldBack(part) ? this.#sayHeld(part) : ''));
    const told = texts.filter((text) => text !== '');
    const together = told.join('');
    if (together === '' || isEqual(together, this.#said)) return held.join('');
    const rest = told.filter((text) => !this.#hasSaid(text));
    if (rest.length === 0) {
      if (this.#parts.some((part) => isStray(part, told))) throw contradiction();
      return held.join('');
    }
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
    return this.#newPart(place, first?.repeats?.part ?? first);
  }

  #find(place: TextPlace): Part | undefined {
    return this.#parts.findLast((part) => isSame(part.place, place));
  }

  #newPart(place: TextPlace, repeats?: Part): Part {
    if (this.#parts.length === MOST_PARTS) throw scattered();
    const part: Part = { place, text: '', pieces: [], isDone: false, held: '' };
    if (repeats !== undefined) part.repeats = { part: repeats, reading: new PieceReading(repeats.pieces) };
    this.#parts.push(part);
    return part;
  }

  #at({ output, content }: TextPlace): Part | undefined {
    if (output === undefined && content === undefined) return this.#parts.at(-1);
    return this.#parts.findLast(({ place }) => place.output === output && place.content === content);
  }

  #say(part: Part, text: string): string {
    part.text += text;
    part.pieces.push(text);
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

/** Reads a text that grows by pieces from its beginning, along with another one that may be the same. */
class PieceReading {
  readonly #pieces: readonly string[];
  #index = 0;
  #offset = 0;

  constructor(pieces: readonly string[]) {
    this.#pieces = pieces;
  }

  /** Whether the next of the text is this; where it is not, nothing more is to be asked. */
  goesOnWith(text: string): boolean {
    for (let at = 0; at < text.length;) {
      const piece = this.#pieces[this.#index];
      if (piece === undefined) return false;
      const length = Math.min(piece.length - this.#offset, text.length - at);
      if (piece.slice(this.#offset, this.#offset + length) !== text.slice(at, at + length)) return false;
      at += length;
      this.#offset += length;
      if (this.#offset < piece.length) continue;
      this.#index += 1;
      this.#offset = 0;
    }
    return true;
  }
}

/** The beginning of what another one says may be a text of its own; all of it is the same. */
function isHeldBack({ isDone, repeats, held }: Part): boolean {
  return !isDone && repeats !== undefined && !isEqual(held, repeats.part.text);
}

/** Words whose end never came and that are no text of the answer: pieces that were lost, or came twice. */
function isStray({ text, isDone }: Part, told: readonly string[]): boolean {
  return text !== '' && !isDone && !told.some((whole) => isEqual(whole, text));
}

/** Some servers cut the blanks around a text when they say it once more. */
function isEqual(left: string, right: string): boolean {
  if (left.length === right.length) return left === right;
  // Looking into a text that still grows copies it: only for one that is about as long.
  return Math.abs(left.length - right.length) <= MOST_BLANKS && left.trim() === right.trim();
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

function scattered(): ModelError {
  return new ModelError('answer_too_large', `The provider sent an answer of more than ${MOST_PARTS} parts.`);
}
