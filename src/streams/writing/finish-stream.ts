import { setTimeout as delay } from 'node:timers/promises';

import type { CompletedBody, TerminalEventBody } from '../../core/streams/stream-event.js';
import { splitText } from '../../core/json/well-formed-text.js';
import { StreamFenced, StreamLost, type StreamLog, type StreamPage } from '../stream-log.js';
import { NOTHING_SHOWN, showEvent, type ShownText } from '../../core/streams/shown-text.js';

/** How a stream is to end: the turn whose text counts, and the terminal event. */
export interface StreamFinish {
  readonly turn: number;
  readonly body: TerminalEventBody;
}

const ENTRIES_PER_READ = 200;
/** In UTF-16 code units. */
const PIECE_LENGTH = 64 * 1024;
/** Outranks every worker: their epochs are points in time. */
const FINISHER_EPOCH = Number.MAX_SAFE_INTEGER;
/** Two that finish the same stream at once can take it from each other only so often by chance. */
const MAX_ROUNDS = 20;

/**
 * Ends the stream of an execution with exactly one terminal event and returns its sequence. Where the log does not
 * hold the answer, the answer is appended first, as an attempt of its own. Safe to repeat, in any process, also at the
 * same time: what is closed stays as it is.
 */
export async function finishStream(log: StreamLog, executionId: string, ending: StreamFinish): Promise<number> {
  for (let round = 1; ; round += 1) {
    try {
      return ending.body.eventType === 'completed'
        ? await finishCompleted(log, executionId, { turn: ending.turn, body: ending.body })
        : await finishFailed(log, executionId, ending);
    } catch (error) {
      const isOvertaken = error instanceof StreamFenced || error instanceof StreamLost;
      if (!isOvertaken || round === MAX_ROUNDS) throw error;
      // Two finishers in step would go on overtaking each other.
      await delay(Math.random() * 10 * round);
    }
  }
}

async function finishCompleted(
  log: StreamLog,
  executionId: string,
  { turn, body }: { readonly turn: number; readonly body: CompletedBody },
): Promise<number> {
  const held = await readTurn(log, executionId, turn);
  if (held.terminal !== undefined) return held.terminal;
  const isWhole = held.turn === turn && held.text === body.final_response;
  const attempt = isWhole ? held.attempt : await restore(log, executionId, { turn, text: body.final_response });
  return await log.close(executionId, { turn, attempt, body });
}

async function finishFailed(log: StreamLog, executionId: string, { turn, body }: StreamFinish): Promise<number> {
  const { state, next } = await readFrom(log, executionId, { from: 0, limit: 1 });
  if (state === 'closed') return next - 1;
  const { entries } = await readFrom(log, executionId, { from: Math.max(next - 1, 0), limit: 1 });
  const last = entries[0]?.events.at(-1) ?? { turn, attempt: 1 };
  return await log.close(executionId, { turn: last.turn, attempt: last.attempt, body });
}

/** Appends the answer as an attempt of its own and returns that attempt. */
async function restore(
  log: StreamLog,
  executionId: string,
  { turn, text }: { readonly turn: number; readonly text: string },
): Promise<number> {
  const writer = await log.open(executionId, { epoch: FINISHER_EPOCH, turn, reason: 'restored' });
  for (const content of splitText(text, PIECE_LENGTH)) await writer.append([{ eventType: 'content_chunk', content }]);
  return writer.attempt;
}

/** What whoever reads the log shows of it up to the end of a turn, and where the log ends, if it does. */
async function readTurn(
  log: StreamLog,
  executionId: string,
  turn: number,
): Promise<ShownText & { readonly terminal?: number }> {
  let held = NOTHING_SHOWN;
  for (let from = 0; ;) {
    const { state, next, entries } = await readFrom(log, executionId, { from, limit: ENTRIES_PER_READ });
    if (state === 'closed') return { ...held, terminal: next - 1 };
    const events = entries.flatMap((entry) => entry.events);
    held = events.filter((event) => event.turn <= turn).reduce(showEvent, held);
    const last = events.at(-1);
    if (last === undefined || last.sequence + 1 >= next) return held;
    from = last.sequence + 1;
  }
}

async function readFrom(
  log: StreamLog,
  executionId: string,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<StreamPage> {
  const [page] = await log.read([{ executionId, from, limit }]);
  return page ?? { executionId, state: 'absent', next: 0, entries: [] };
}
