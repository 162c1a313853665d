import { isEnded } from '../../core/executions/execution.js';
import { isJsonObject } from '../../core/json/json.js';
import type { StreamEvent } from '../../core/streams/stream-event.js';
import { RecentEvents } from '../../streams/reading/recent-events.js';
import type { StreamViewer } from '../../streams/reading/viewer.js';
import type { CallerParts } from '../access/parts-for.js';
import { textFrame } from '../connections/websocket-frame.js';
import type { AgUiEvent } from './ag-ui-event.js';
import { AgUiMessages } from './ag-ui-messages.js';
import { AgUiViewer, type AgUiSources } from './ag-ui-viewer.js';
import { sseBlock, type ViewerFormat } from './event-json.js';

type Framed = (json: string, sequence: number | undefined) => Buffer;

const asMessage: Framed = (json) => textFrame(json);

/** Most of what goes out is text within a message, the same for all who follow: made once. */
const MESSAGES = new RecentEvents<Buffer>();
const BLOCKS = new RecentEvents<Buffer>();

/** AG-UI 1.0 for one viewer: for an event several may go out, of which the last has the cursor. */
export class AgUiFormat implements ViewerFormat {
  readonly #viewer: AgUiViewer;

  constructor(sources: AgUiSources) {
    this.#viewer = new AgUiViewer(sources);
  }

  get isOver(): boolean {
    return this.#viewer.isOver;
  }

  async message(event: StreamEvent): Promise<Buffer | undefined> {
    return framed(event, await this.#viewer.take(event), { frame: asMessage, recent: MESSAGES });
  }

  async block(event: StreamEvent): Promise<Buffer | undefined> {
    return framed(event, await this.#viewer.take(event), { frame: sseBlock, recent: BLOCKS });
  }
}

interface Framing {
  readonly frame: Framed;
  readonly recent: RecentEvents<Buffer>;
}

function framed(event: StreamEvent, made: readonly AgUiEvent[], { frame, recent }: Framing): Buffer | undefined {
  const last = made.at(-1);
  if (last === undefined) return undefined;
  const withCursor = () => frame(JSON.stringify(marked(last, event.sequence)), event.sequence);
  const end = last.type === 'TEXT_MESSAGE_CONTENT' ? recent.made(event, withCursor) : withCursor();
  const rest = made.slice(0, -1);
  return rest.length === 0 ? end : Buffer.concat([...rest.map((one) => frame(JSON.stringify(one), undefined)), end]);
}

/** With the cursor, for clients who do not see the ids of server-sent events: AG-UI's own does not. */
function marked(event: AgUiEvent, sequence: number): AgUiEvent {
  const metadata = event['metadata'];
  return { ...event, metadata: { ...(isJsonObject(metadata) ? metadata : {}), sequence } };
}

/** What stands at an event is the same for all who follow, and a lost attempt is news to all of them at once. */
const STANDING = new RecentEvents<Promise<AgUiMessages | undefined>>();

/** What AG-UI has to be told beside the events that come. */
export function agUiSources(
  { reader, storage }: Pick<CallerParts, 'reader' | 'storage'>,
  executionId: string,
  { after, input }: Pick<AgUiSources, 'after' | 'input'>,
): AgUiSources {
  const approvals = async () => {
    const [execution, [asked = []]] = await Promise.all([
      storage.executions.get(executionId),
      storage.tools.approvals([executionId]),
    ]);
    return { asked, isEnded: execution !== undefined && isEnded(execution.status) };
  };
  const read = async (event: StreamEvent) => {
    const { asked } = await approvals();
    const messages = new AgUiMessages(asked);
    for await (const earlier of eventsBefore(await reader.open(executionId), event.sequence)) messages.take(earlier);
    if (event.eventType === 'attempt_started' || event.eventType === 'completed') messages.take(event);
    return messages;
  };
  return {
    after,
    input,
    approvals,
    // Who comes when it could not be read asks for themselves.
    standing: async (event) =>
      (await STANDING.made(event, async (one) => await read(one).catch(() => undefined))) ?? (await read(event)),
  };
}

async function* eventsBefore(viewer: StreamViewer, sequence: number): AsyncGenerator<StreamEvent, void, undefined> {
  try {
    for (let events = await viewer.next(); events !== undefined; events = await viewer.next()) {
      for (const event of events) {
        if (event.sequence >= sequence) return;
        yield event;
      }
      if ((events.at(-1)?.sequence ?? -1) + 1 >= sequence) return;
    }
  } finally {
    viewer.leave();
  }
}
