import type { JsonValue } from '../../core/json/json.js';
import { shortened } from '../../core/json/shortened.js';
import type { StreamEvent, ThinkingStatus } from '../../core/streams/stream-event.js';

/** Before every line of a model, so that none can pass for one of ours. */
const BAR = '│ ';
/** A tool and whoever waits for approval have lines of their own. */
const SHOWN_OTHERWISE: ReadonlySet<ThinkingStatus> = new Set(['calling_tool', 'waiting_for_approval']);
/** What a viewer waits for, where the event has no words for it. */
const WAITS: Partial<Record<ThinkingStatus, string>> = {
  batched: 'it waits for its provider to answer a batch',
  waiting_for_equal: 'it waits for the answer to one that asks the very same',
};
/** Of the arguments and the result of a tool. */
const LONGEST_PREVIEW = 300;

/** An answer as a terminal shows it while it grows. */
export class AnswerView {
  #isLineBegun = false;

  /** What to print for the next event. */
  show(event: StreamEvent): string {
    switch (event.eventType) {
      case 'attempt_started':
        if (event.attempt > 1) return this.#remark(`… a new attempt (${event.status}), from the beginning:`);
        return event.turn > 1 ? this.#remark(`… one more turn (${event.status}):`) : '';
      case 'thinking':
        if (event.status === 'reasoning') return '';
        return SHOWN_OTHERWISE.has(event.status)
          ? this.#endLine()
          : this.#remark(`(${event.content ?? WAITS[event.status] ?? event.status})`);
      case 'content_chunk':
        return this.#quote(event.content);
      case 'failed':
        return this.#remark(`The agent failed (${event.errorCode}): ${event.error}`);
      case 'completed':
        return this.#endLine();
      case 'tool_call':
        return this.#line(`→ ${event.toolName} ${preview(event.arguments)}`);
      case 'tool_result':
        return this.#line(`← ${event.toolName} ${preview(event.result)}`);
    }
  }

  #quote(text: string): string {
    const lines = text.split('\n');
    const quoted = lines.map((line, index) => {
      const isBegun = index === 0 && this.#isLineBegun;
      const isEmptyEnd = line === '' && index === lines.length - 1;
      return isBegun || isEmptyEnd ? line : BAR + line;
    });
    this.#isLineBegun = lines.at(-1) !== '' || (lines.length === 1 && this.#isLineBegun);
    return quoted.join('\n');
  }

  #line(text: string): string {
    return `${this.#endLine()}${text}\n`;
  }

  #remark(text: string): string {
    return `${this.#endLine()}\n${text.replaceAll('\n', '\n  ')}\n\n`;
  }

  #endLine(): string {
    const end = this.#isLineBegun ? '\n' : '';
    this.#isLineBegun = false;
    return end;
  }
}

function preview(value: JsonValue): string {
  return shortened(JSON.stringify(value), LONGEST_PREVIEW);
}
