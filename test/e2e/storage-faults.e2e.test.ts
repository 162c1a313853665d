import { describe, expect, it } from 'vitest';

import { report } from '../support/report.js';
import { canMountDisks } from '../support/small-disk.js';
import { runStorageTrial, type FaultResult } from '../support/storage-trial.js';
import { STORAGES } from '../support/storages-under-trial.js';

/** `npm run soak:storage` does it for 20 s, and on all backends. */
const FAULT_MS = 3000;
/** There were 94 of a worker with six tokens, and thousands with many. */
const MOST_LINES = 15;

describe.skipIf(!(await canMountDisks()))('under load, a storage', () => {
  it(
    'on PostgreSQL that is stopped, read-only, or has no room on its disk loses nothing, does nothing twice, and is one line a minute',
    { tags: ['storage-away', 'storage-full', 'storage-read-only', 'on-postgres'] },
    async () => {
      const faults = await liveThrough('postgres', ['stopped', 'read-only', 'disk full']);
      // They differ, and each is said, though not a minute has passed.
      const [stopped, readOnly, full] = faults.map(({ lines }) => JSON.stringify(lines));
      expect(stopped).toContain('cannot be reached');
      expect(readOnly).toContain('takes no writes (25006)');
      expect(full).toMatch(/cannot write \(53100\)|cannot be reached/);
      for (const { name, lines, tookMs } of faults) {
        for (const [process, said] of Object.entries(lines)) {
          const told = said
            .filter(({ code }) => code === 'UNAVAILABLE')
            .map(({ message = '' }) => message.split(' (')[0]);
          const most = new Set(told).size * (1 + Math.floor(tookMs / 60_000));
          expect(told.length, `${name}, ${process}: ${told.join('\n')}`).toBeLessThanOrEqual(most);
          expect(said.length, JSON.stringify(said)).toBeLessThan(MOST_LINES);
          expect(said.map(({ msg }) => msg).join('\n')).toContain('can be used again');
        }
        expect(JSON.stringify(lines), name).toContain('"variable":"STORAGE_URL"');
      }
    },
  );
});

/** Fails when something is not as promised. */
async function liveThrough(backend: keyof typeof STORAGES, names: readonly string[]): Promise<readonly FaultResult[]> {
  const storage = await STORAGES[backend]();
  const said: string[] = [];
  try {
    const { wrong, faults } = await runStorageTrial({
      ...storage,
      faults: storage.faults.filter(({ name }) => names.includes(name)),
      faultMs: FAULT_MS,
      say: (name, output) => said.push(`${name}: ${output.slice(-8000)}`),
    });
    expect(wrong, said.join('\n')).toEqual([]);
    for (const { name, lines, refused, acknowledged } of faults) {
      const counts = Object.entries(lines).map(([process, of]) => `${process} ${of.length} lines`);
      report(`${name}: ${counts.join(', ')}; ${refused} calls refused; ${acknowledged}`);
      expect(refused, name).toBeGreaterThan(0);
    }
    return faults;
  } finally {
    await storage.stop();
  }
}
