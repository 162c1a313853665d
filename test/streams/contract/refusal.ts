import { describe, expect, it } from 'vitest';

import { openStreamLog } from '../../../src/streams/open-stream-log.js';

/** What is said of a server that is not there. The URL has the password `secret`. */
export function refusalContract(url: string, server: string): void {
  describe(`a stream log at ${server}`, () => {
    it('says where it looked for a server that is not there, without the password', async () => {
      const opening = openStreamLog(url);
      await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(opening).rejects.toThrow(server);
      await expect(opening).rejects.not.toThrow(/secret/);
    });
  });
}
