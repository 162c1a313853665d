import { MemoryStreamLog } from '../../../src/streams/memory/memory-stream-log.js';
import { MemoryStreams } from '../../../src/streams/memory/memory-streams.js';
import { streamLogContract } from '../contract/stream-log-contract.js';

streamLogContract('memory', () => {
  const streams = new MemoryStreams();
  return Promise.resolve({
    openLog: () => new MemoryStreamLog(streams),
    forget: (executionId, from) => {
      streams.cut(executionId, from);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
});
