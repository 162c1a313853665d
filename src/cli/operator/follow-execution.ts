import type { StreamEvent } from '../../core/streams/stream-event.js';
import type { ApiClient } from '../api-client.js';
import { AnswerView } from './answer-view.js';
import type { ApprovalDesk } from './approval-desk.js';

interface Followed {
  readonly api: Pick<ApiClient, 'stream'>;
  readonly print: (text: string) => void;
  /** Asks whoever is at the terminal about calls that wait for a person. */
  readonly desk?: Pick<ApprovalDesk, 'decide'>;
}

/** Shows an execution while it runs, to its end. */
export async function followExecution({ api, print, desk }: Followed, executionId: string): Promise<void> {
  const view = new AnswerView();
  for await (const event of api.stream(executionId)) {
    print(view.show(event));
    const toolCallId = waitingCall(event);
    if (toolCallId === undefined) continue;
    if (desk === undefined) print('(a call waits for the approval of a person)\n');
    else await desk.decide({ executionId, toolCallId });
  }
}

/** Of a call that waits for a person: its id. */
function waitingCall(event: StreamEvent): string | undefined {
  if (event.eventType !== 'thinking' || event.status !== 'waiting_for_approval') return undefined;
  return event.toolCallId;
}
