import { open, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** What a crash of the machine may leave of the end of a log: nothing, zeros, or what was on the disk before. */
export type Tear = 'cut' | 'zeroed' | 'garbled';

/** Where a log ends, or ended. */
export interface LogEnd {
  readonly path: string;
  readonly offset: number;
}

const WAL_PAGE_BYTES = 8192;
const WAL_SEGMENT_BYTES = 16 * 1024 * 1024;
const SEGMENTS_PER_FILE = 256;
const PAGE_ADDRESS_OFFSET = 8;

/** Where PostgreSQL has written last to its log, in a folder of PGlite. */
export async function endOfLog(storage: string): Promise<LogEnd> {
  const folder = join(storage, 'pg_wal');
  const names = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name)).toSorted();
  // Files of later segments may be there, with what was in them before they were used again.
  for (const name of names.toReversed()) {
    const path = join(folder, name);
    const offset = endOfSegment(await readFile(path), name);
    if (offset !== undefined) return { path, offset };
  }
  throw new Error(`${folder} has no segment with anything in it`);
}

/** Takes what was written to a log since it ended somewhere from it, while nobody has it open. */
export async function tearLog(storage: string, since: LogEnd, tear: Tear): Promise<void> {
  const end = await endOfLog(storage);
  if (end.path !== since.path || end.offset <= since.offset) throw new Error('there is nothing in the segment to tear');
  if (tear === 'cut') {
    await truncate(end.path, since.offset);
    return;
  }
  const torn = Buffer.alloc(end.offset - since.offset, tear === 'zeroed' ? 0 : 0xa5);
  const file = await open(end.path, 'r+');
  try {
    await file.write(torn, 0, torn.length, since.offset);
  } finally {
    await file.close();
  }
}

/** Behind the last byte that was written while the segment had this name; undefined: none was. */
function endOfSegment(content: Buffer, name: string): number | undefined {
  const segment = parseInt(name.slice(8, 16), 16) * SEGMENTS_PER_FILE + parseInt(name.slice(16), 16);
  const addressOf = (page: number) => BigInt(segment) * BigInt(WAL_SEGMENT_BYTES) + BigInt(page * WAL_PAGE_BYTES);
  const isWritten = (page: number) =>
    (page + 1) * WAL_PAGE_BYTES <= content.length &&
    content.readBigUInt64LE(page * WAL_PAGE_BYTES + PAGE_ADDRESS_OFFSET) === addressOf(page);
  let pages = 0;
  while (isWritten(pages)) pages += 1;
  if (pages === 0) return undefined;
  let end = pages * WAL_PAGE_BYTES;
  while (content[end - 1] === 0) end -= 1;
  return end;
}
