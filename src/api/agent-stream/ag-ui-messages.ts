import type { JsonObject } from '../../core/json/json.js';
import type { StreamEvent } from '../../core/streams/stream-event.js';
import type { ToolApproval } from '../../core/executions/tool-approval.js';
import { messageId, toolMessage, type AgUiMessage, type CalledTool } from './ag-ui-event.js';

interface Turn {
  readonly id: string;
  text: string;
  readonly calls: Map<string, JsonObject>;
  readonly results: Map<string, AgUiMessage>;
}

/** The messages that stand of an execution: folded event by event, by the rule of `attempt_started`. */
export class AgUiMessages {
  readonly #turns = new Map<number, Turn>();
  readonly #approvals: readonly ToolApproval[];

  /** With what people were asked of this execution. */
  constructor(approvals: readonly ToolApproval[]) {
    this.#approvals = approvals;
  }

  take(event: StreamEvent): void {
    switch (event.eventType) {
      case 'attempt_started':
        for (const turn of [...this.#turns.keys()]) if (turn >= event.turn) this.#turns.delete(turn);
        break;
      case 'content_chunk':
        this.#turn(event).text += event.content;
        break;
      case 'tool_call':
        this.#call(event, event);
        break;
      case 'tool_result':
        this.#turn(event).results.set(event.toolCallId, toolMessage(event));
        break;
      case 'completed':
        this.#turn(event).text = event.final_response;
        break;
      case 'thinking': {
        const asked = askedAbout(event, this.#approvals);
        if (asked !== undefined) this.#call(event, asked);
        break;
      }
      case 'failed':
        break;
    }
  }

  /** The calls that are known, by their ids, and those of them that were answered. */
  calls(): { readonly told: ReadonlySet<string>; readonly answered: ReadonlySet<string> } {
    const turns = [...this.#turns.values()];
    return {
      told: new Set(turns.flatMap(({ calls }) => [...calls.keys()])),
      answered: new Set(turns.flatMap(({ results }) => [...results.keys()])),
    };
  }

  /** In their order, the results of a turn behind its calls. */
  all(): readonly AgUiMessage[] {
    const turns = [...this.#turns].sort(([one], [other]) => one - other);
    return turns.flatMap(([, { id, text, calls, results }]) => {
      const toolCalls = [...calls.values()];
      return [
        { id, role: 'assistant', content: text, ...(toolCalls.length > 0 && { toolCalls }) },
        ...results.values(),
      ];
    });
  }

  #call(event: StreamEvent, { toolCallId: id, toolName: name, arguments: given }: CalledTool): void {
    const called = { name, arguments: JSON.stringify(given) };
    this.#turn(event).calls.set(id, { id, type: 'function', function: called });
  }

  #turn(event: StreamEvent): Turn {
    const id = messageId(event);
    let turn = this.#turns.get(event.turn);
    if (turn === undefined) {
      turn = { id, text: '', calls: new Map(), results: new Map() };
      this.#turns.set(event.turn, turn);
    }
    return turn;
  }
}

/** The call that somebody is asked about at this moment of a stream, if that is what the event says. */
export function askedAbout(event: StreamEvent, approvals: readonly ToolApproval[]): ToolApproval | undefined {
  if (event.eventType !== 'thinking' || event.status !== 'waiting_for_approval') return undefined;
  return approvals.find(({ turn, toolCallId }) => turn === event.turn && toolCallId === event.toolCallId);
}
