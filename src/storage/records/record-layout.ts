import { CircuitBreakerError } from '../../core/errors.js';
import type { RecordStore } from './record-store.js';

const KEY = 'layout';
/** How records and lists are laid out. A version that lays them out otherwise has another number. */
const LAYOUT = 1;

/** Marks what is empty with our layout. Throws UNAVAILABLE for another: a newer version has been here. */
export async function refuseOtherLayout(records: RecordStore, place: string): Promise<void> {
  await records.put(KEY, String(LAYOUT), 0);
  const [layout] = await records.getMany([KEY]);
  if (layout === undefined || layout.text === String(LAYOUT)) return;
  const message =
    `AGENT_STORAGE_URL: the agents in ${place} are laid out as of version ${layout.text}, and this version of the program knows ${LAYOUT}: ` +
    'a newer version has been here. Run that version, or use another place.';
  throw new CircuitBreakerError('UNAVAILABLE', message);
}
