import { describe, expect, it } from 'vitest';

import type { AgUiEvent } from '../../../src/api/agent-stream/ag-ui-event.js';
import { AgUiMessages } from '../../../src/api/agent-stream/ag-ui-messages.js';
import { AgUiViewer } from '../../../src/api/agent-stream/ag-ui-viewer.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { chunk, completed, started, TEXT } from '../../support/execution-events.js';

/** A viewer of a log that has these events. */
function viewerOf(log: readonly StreamEvent[], after?: number): AgUiViewer {
  return new AgUiViewer({
    after,
    approvals: () => Promise.resolve({ asked: [], isEnded: false }),
    standing: (event) => {
      const messages = new AgUiMessages([]);
      for (const one of log) {
        if (one.sequence < event.sequence || one === event) messages.take(one);
      }
      return Promise.resolve(messages);
    },
  });
}

async function shown(events: readonly StreamEvent[], after?: number): Promise<readonly AgUiEvent[]> {
  const viewer = viewerOf(events, after);
  const all: AgUiEvent[] = [];
  for (const event of events) all.push(...(await viewer.take(event)));
  return all;
}

const types = (events: readonly AgUiEvent[]) => events.map(({ type }) => type);

describe('a viewer by AG-UI', () => {
  it('gets nothing taken back that they never had', async () => {
    const events = await shown([started(0), started(1, 2), chunk(2, TEXT, 2), completed(3, 2)]);
    expect(types(events)).not.toContain('MESSAGES_SNAPSHOT');
  });

  it('starts over when the log was lost and begins again', async () => {
    const events = await shown([started(0), chunk(1, 'Gr'), started(0), chunk(1, TEXT), completed(2)]);
    expect(events[4]).toEqual({ type: 'MESSAGES_SNAPSHOT', messages: [] });
  });

  it('starts over when what the cursor counts is not there any more', async () => {
    const events = await shown([started(0), chunk(1, TEXT), completed(2)], 7);
    expect(types(events).slice(0, 3)).toEqual(['RUN_STARTED', 'MESSAGES_SNAPSHOT', 'TEXT_MESSAGE_START']);
  });

  it('has the stored answer in the end where the chunks were another', async () => {
    const events = await shown([started(0), chunk(1, 'Gr'), completed(2)]);
    expect(events.at(-2)).toEqual({
      type: 'MESSAGES_SNAPSHOT',
      messages: [{ id: 'e1:1:1', role: 'assistant', content: TEXT }],
    });
  });

  it('gets what a lost attempt leaves when the attempt before the cursor is lost behind it', async () => {
    const events = await shown([started(4, 2), chunk(5, TEXT, 2), completed(6, 2)], 3);
    expect(types(events)).toEqual([
      'RUN_STARTED',
      'MESSAGES_SNAPSHOT',
      'TEXT_MESSAGE_START',
      'TEXT_MESSAGE_CONTENT',
      'TEXT_MESSAGE_END',
      'RUN_FINISHED',
    ]);
  });
});
