import type { ToolApproval } from '../../core/executions/tool-approval.js';
import { utf8Length } from '../../core/json/utf8-length.js';
import type { CompletedBody, FailedBody, StreamEvent, StreamPosition } from '../../core/streams/stream-event.js';
import {
  interruptOf,
  messageId,
  reasoningContent,
  reasoningEnd,
  reasoningId,
  reasoningStart,
  runOf,
  textContent,
  textEnd,
  textStart,
  thinkingEvent,
  toolCallEvents,
  toolResultEvent,
  usageOf,
  type AgUiEvent,
  type CalledTool,
} from './ag-ui-event.js';
import type { AgUiInput } from './ag-ui-input.js';
import { AgUiMessages, askedAbout } from './ag-ui-messages.js';

/** What is known of an execution beside the events that its viewer gets. */
export interface AgUiSources {
  /** The cursor that the viewer came with. */
  readonly after: number | undefined;
  /** What the viewer said about the run, where they said something. */
  readonly input?: AgUiInput | undefined;
  /** The messages that stand before an event; with it, where it begins an attempt or has the answer. Not to be changed. */
  readonly standing: (event: StreamEvent) => Promise<AgUiMessages>;
  /** What people were asked about, and whether the execution has ended meanwhile. */
  readonly approvals: () => Promise<{ readonly asked: readonly ToolApproval[]; readonly isEnded: boolean }>;
}

type Run = ReturnType<typeof runOf>;
interface Open {
  readonly type: 'text' | 'reasoning';
  readonly id: string;
}
type OfType<Type extends StreamEvent['eventType']> = Extract<StreamEvent, { eventType: Type }>;

/**
 * The events of AG-UI 1.0 for one viewer. What AG-UI wants in brackets (runs, messages) is opened and closed here; what it
 * cannot take back, the text of an attempt that is void, is replaced by a snapshot of the messages that stand.
 *
 * A viewer who comes with a cursor goes on in the messages that they have, under the same ids.
 */
export class AgUiViewer {
  readonly #sources: AgUiSources;
  #run: Run | undefined;
  #open: Open | undefined;
  /** Of the text of this attempt in UTF-8; undefined: its beginning was not seen here. */
  #length: number | undefined;
  /** The sequence that was taken last. */
  #last: number;
  /** The highest turn that the viewer may have something of. */
  #shownTurn: number;
  /** The ids of calls, and of calls with a result, that the viewer has. Undefined: what came before the cursor is not known. */
  #calls: { readonly told: Set<string>; readonly answered: Set<string> } | undefined;
  /** A run has ended with a question: the next one is another visit. */
  isOver = false;

  constructor(sources: AgUiSources) {
    this.#sources = sources;
    this.#last = sources.after ?? -1;
    this.#shownTurn = sources.after === undefined ? 0 : Infinity;
    this.#calls = sources.after === undefined ? { told: new Set(), answered: new Set() } : undefined;
  }

  /** What an event comes to. One call at a time. */
  async take(event: StreamEvent): Promise<readonly AgUiEvent[]> {
    const run = this.#run ?? this.#runFrom(event);
    const made = await this.#made(event, run);
    this.#last = event.sequence;
    if (made.length === 0 || this.#run !== undefined) return made;
    this.#run = run;
    return [{ type: 'RUN_STARTED', ...run, protocolVersion: '1.0' }, ...made];
  }

  async #made(event: StreamEvent, run: Run): Promise<readonly AgUiEvent[]> {
    switch (event.eventType) {
      case 'attempt_started':
        return await this.#begin(event);
      case 'content_chunk':
        return this.#text(event, event.content);
      case 'thinking':
        return await this.#think(event, run);
      case 'tool_call':
        return await this.#call(event, event);
      case 'tool_result':
        return await this.#result(event);
      case 'completed':
        return [...(await this.#whole(event)), ...this.#close(), completedEvent(event, run)];
      case 'failed':
        return [...this.#close(), failedEvent(event, run)];
    }
  }

  async #begin(event: OfType<'attempt_started'>): Promise<readonly AgUiEvent[]> {
    const closing = this.#close();
    // The log was lost, and begins again.
    const isAnew = event.sequence <= this.#last;
    const isVoid = isAnew || (event.attempt > 1 && this.#shownTurn >= event.turn);
    this.#length = 0;
    if (!isVoid) return closing;
    const standing = isAnew ? new AgUiMessages([]) : await this.#sources.standing(event);
    this.#know(standing, event.turn - 1);
    return [...closing, this.#snapshot(event, standing)];
  }

  #text(event: StreamPosition, delta: string): readonly AgUiEvent[] {
    if (this.#length !== undefined) this.#length += utf8Length(delta);
    const id = messageId(event);
    return [...this.#enter({ type: 'text', id }, event.turn, [textStart(id)]), textContent(id, delta)];
  }

  async #think(event: OfType<'thinking'>, run: Run): Promise<readonly AgUiEvent[]> {
    const { status, content, turn } = event;
    if (status === 'waiting_for_approval') return await this.#ask(event, run);
    if (status !== 'reasoning' || content === undefined || content === '') return [thinkingEvent(event)];
    const id = reasoningId(event);
    return [...this.#enter({ type: 'reasoning', id }, turn, reasoningStart(id)), reasoningContent(id, content)];
  }

  /**
   * A call that somebody is asked about is shown. If it is a question still, the run ends with all that are open: each of the
   * other calls is shown where the stream comes to it, so that whoever comes with a cursor gets it once.
   */
  async #ask(event: OfType<'thinking'>, run: Run): Promise<readonly AgUiEvent[]> {
    const { asked, isEnded } = await this.#sources.approvals();
    const about = askedAbout(event, asked);
    if (about === undefined) return [];
    const call = await this.#call(event, about);
    if (isEnded || about.decision !== undefined) return call;
    this.isOver = true;
    const interrupts = asked.filter(({ decision }) => decision === undefined).map(interruptOf);
    return [...call, ...this.#close(), { type: 'RUN_FINISHED', ...run, outcome: { type: 'interrupt', interrupts } }];
  }

  /** Once for each call, however often its worker told of it: arguments that came again would be appended. */
  async #call(event: StreamEvent, called: CalledTool): Promise<readonly AgUiEvent[]> {
    const { told } = await this.#known(event);
    if (told.has(called.toolCallId)) return [];
    told.add(called.toolCallId);
    this.#shownTurn = Math.max(this.#shownTurn, event.turn);
    return [...this.#close(), ...toolCallEvents(called, messageId(event))];
  }

  async #result(event: OfType<'tool_result'>): Promise<readonly AgUiEvent[]> {
    const { answered } = await this.#known(event);
    if (answered.has(event.toolCallId)) return [];
    answered.add(event.toolCallId);
    return [...this.#close(), toolResultEvent(event)];
  }

  /** What is missing where the text that was sent is not the answer, as with chunks that were not wanted. */
  async #whole(event: OfType<'completed'>): Promise<readonly AgUiEvent[]> {
    if (this.#length === undefined || this.#length === event.length) return [];
    if (this.#length === 0) return this.#text(event, event.final_response);
    const standing = await this.#sources.standing(event);
    return [...this.#close(), this.#snapshot(event, standing)];
  }

  #runFrom({ executionId, sequence }: StreamEvent): Run {
    const { input } = this.#sources;
    return input === undefined ? runOf(executionId, sequence) : { threadId: input.threadId, runId: input.runId };
  }

  /** What stands, behind the messages of the viewer that are none of the execution's. */
  #snapshot({ executionId }: StreamEvent, standing: AgUiMessages): AgUiEvent {
    const own = this.#sources.input?.messages.filter(({ id }) => !id.startsWith(`${executionId}:`)) ?? [];
    return { type: 'MESSAGES_SNAPSHOT', messages: [...own, ...standing.all()] };
  }

  #enter(open: Open, turn: number, opening: readonly AgUiEvent[]): readonly AgUiEvent[] {
    if (this.#open?.id === open.id) return [];
    const closing = this.#close();
    this.#open = open;
    this.#shownTurn = Math.max(this.#shownTurn, turn);
    return [...closing, ...opening];
  }

  #close(): readonly AgUiEvent[] {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return [];
    return open.type === 'text' ? [textEnd(open.id)] : reasoningEnd(open.id);
  }

  /** The calls that the viewer has, also those from before the cursor. */
  async #known(event: StreamEvent): Promise<{ readonly told: Set<string>; readonly answered: Set<string> }> {
    if (this.#calls === undefined) this.#know(await this.#sources.standing(event), this.#shownTurn);
    return this.#calls ?? { told: new Set(), answered: new Set() };
  }

  #know(standing: AgUiMessages, shownTurn: number): void {
    const { told, answered } = standing.calls();
    this.#calls = { told: new Set(told), answered: new Set(answered) };
    this.#shownTurn = shownTurn;
  }
}

function completedEvent({ final_response: result, usage }: CompletedBody, run: Run): AgUiEvent {
  return { type: 'RUN_FINISHED', ...run, result, outcome: { type: 'success' }, usage: usageOf(usage) };
}

function failedEvent({ status, error: message, errorCode: code }: FailedBody, run: Run): AgUiEvent {
  if (status === 'cancelled') return { type: 'RUN_FINISHED', ...run, outcome: { type: 'cancelled' } };
  return { type: 'RUN_ERROR', message, code };
}
