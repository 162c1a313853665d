/** A process whose event loop a tool holds up for so many milliseconds; after so many looks the watcher ends it. */
import { watchEventLoop } from '../../../src/compose/watch-event-loop.js';
import { runAs } from '../../../src/tools/running-tools.js';

const [forMs = 0, looksUntilEnd = 0] = process.argv.slice(2).map(Number);
watchEventLoop({ logFormat: 'json', lookEveryMs: 50, looksUntilWarning: 4, looksUntilEnd });
// Once it is watched: a thread takes a while to start.
setTimeout(() => {
  void runAs({ name: 'spinner', idempotencyKey: 'run-1:1:0' }, () => {
    for (const until = Date.now() + forMs; Date.now() < until;);
    console.log('done');
    process.exit(0);
  });
}, 1000);
