import type { StreamEventBody, ThinkingStatus } from '../../core/streams/stream-event.js';
import { leadingPart } from '../../core/json/well-formed-text.js';

/** In UTF-16 code units: what goes out together, and what thoughts may wait at most. */
const MAX_LENGTH = 64 * 1024;
/** A thought without words still takes its place. */
const THOUGHT_LENGTH = 64;

interface Thought {
  /** How much text of the answer comes before it. */
  readonly at: number;
  readonly status: ThinkingStatus;
  readonly content: string;
}

/** What a writer has still to append, in order: text is kept to the last character, thoughts as far as there is room. */
export class OutgoingEvents {
  #taken = 0;
  #text = '';
  #thoughts: Thought[] = [];
  #thoughtLength = 0;

  get isEmpty(): boolean {
    return this.#text === '' && this.#thoughts.length === 0;
  }

  /** Takes well-formed text. */
  addText(text: string): void {
    this.#text += text;
  }

  /** Takes well-formed content. Thoughts in a row become one; none is taken while too many wait. */
  addThought(status: ThinkingStatus, content: string): void {
    if (this.#thoughtLength + content.length > MAX_LENGTH) return;
    const at = this.#taken + this.#text.length;
    const last = this.#thoughts.at(-1);
    const continues = last?.at === at && last.status === status && last.content !== '' && content !== '';
    this.#thoughtLength += content.length + (continues ? 0 : THOUGHT_LENGTH);
    if (continues) this.#thoughts.splice(-1, 1, { ...last, content: last.content + content });
    else this.#thoughts.push({ at, status, content });
  }

  /** The next events, up to a bound; neighbouring text is one chunk. */
  take(): readonly StreamEventBody[] {
    const events: StreamEventBody[] = [];
    // Less than room for a surrogate pair is none.
    for (let room = MAX_LENGTH; room > 1 && !this.isEmpty;) {
      const [thought] = this.#thoughts;
      const isThoughtNext = thought !== undefined && thought.at <= this.#taken;
      const event = isThoughtNext ? this.#takeThought(thought) : this.#takeText(room, thought?.at);
      events.push(event);
      room -= event.content?.length ?? THOUGHT_LENGTH;
    }
    return events;
  }

  /** Begins anew with the whole text of the answer; earlier thoughts are not told again. */
  restart(text: string): void {
    this.#taken = 0;
    this.#text = text;
    this.#thoughts = [];
    this.#thoughtLength = 0;
  }

  #takeThought({ status, content }: Thought): Extract<StreamEventBody, { eventType: 'thinking' }> {
    this.#thoughts.shift();
    this.#thoughtLength -= content.length + THOUGHT_LENGTH;
    return { eventType: 'thinking', status, ...(content === '' ? {} : { content }) };
  }

  #takeText(room: number, until: number | undefined): Extract<StreamEventBody, { eventType: 'content_chunk' }> {
    const content = leadingPart(this.#text, Math.min(room, (until ?? Infinity) - this.#taken));
    this.#text = this.#text.slice(content.length);
    this.#taken += content.length;
    return { eventType: 'content_chunk', content };
  }
}
