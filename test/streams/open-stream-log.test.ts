import { describe, expect, it } from 'vitest';

import { MemoryStreamLog } from '../../src/streams/memory/memory-stream-log.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';

describe('opening a stream log', () => {
  it('takes the scheme of the URL for the backend', async () => {
    expect(await openStreamLog('memory:')).toBeInstanceOf(MemoryStreamLog);
  });

  it.each(['mysql://u:secret@host/db', 'nonsense', ''])(
    'refuses %j, naming the variable and no password',
    async (url) => {
      const opening = openStreamLog(url);
      await expect(opening).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
      await expect(opening).rejects.toThrow(/STREAM_URL/);
      await expect(opening).rejects.not.toThrow(/secret/);
    },
  );
});
