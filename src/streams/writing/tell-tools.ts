import type { StreamEventBody } from '../../core/streams/stream-event.js';
import type { StreamLog } from '../stream-log.js';

/** How long a tool waits for the stream backend; what takes longer goes out without being waited for. */
const PATIENCE_MS = 500;

/** Tells viewers what tools do, behind the text of their turn. Never throws: a stream is best effort, a tool is not. */
export async function tellTools(
  log: StreamLog,
  { executionId, turn }: { readonly executionId: string; readonly turn: number },
  { events, onFailure }: { readonly events: readonly StreamEventBody[]; readonly onFailure: (error: unknown) => void },
): Promise<void> {
  const telling = log.tell(executionId, turn, events).catch(onFailure);
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([telling, patience]);
  clearTimeout(timer);
}
