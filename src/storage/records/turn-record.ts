import { heldClaim, isOutdated, type TurnClaim, type TurnToStore } from '../../core/executions/turn-claim.js';
import type { JsonValue } from '../../core/json/json.js';
import { storable } from '../../core/json/well-formed-text.js';
import { readRecord, type ReadRecord } from './read-record.js';
import type { RecordStore } from './record-store.js';

/** A turn that is claimed, and not finished. Its result takes the place of the claim: nobody needs that any more. */
interface ClaimedTurn {
  readonly claimedBy: TurnClaim;
}

type TurnRecord = ReadRecord<JsonValue | ClaimedTurn> | undefined;

/** As `ExecutionStore.claimTurn` promises. */
export async function claimTurn(records: RecordStore, key: string, made: TurnClaim): Promise<JsonValue | undefined> {
  for (;;) {
    const found: TurnRecord = await readRecord(records, key);
    const before = claimIn(found);
    if (found !== undefined && before === undefined) return resultIn(found);
    const held: ClaimedTurn = { claimedBy: heldClaim(before, made) };
    if ((await records.put(key, JSON.stringify(held), found?.revision ?? 0)) !== undefined) return undefined;
  }
}

/** As `ExecutionStore.storeTurn` promises. */
export async function storeTurn(
  records: RecordStore,
  key: string,
  { result, claim }: TurnToStore,
): Promise<JsonValue | undefined> {
  const stored = storable(result);
  for (let found: TurnRecord; ; found = await readRecord(records, key)) {
    const held = claimIn(found);
    if (found !== undefined && held === undefined) return resultIn(found);
    if (claim !== undefined && held !== undefined && isOutdated(claim, held)) return undefined;
    if ((await records.put(key, JSON.stringify(stored), found?.revision ?? 0)) !== undefined) return stored;
  }
}

export async function readTurn(records: RecordStore, key: string): Promise<JsonValue | undefined> {
  return resultIn(await readRecord(records, key));
}

function claimIn(found: TurnRecord): TurnClaim | undefined {
  return isClaimed(found?.document) ? found.document.claimedBy : undefined;
}

function resultIn(found: TurnRecord): JsonValue | undefined {
  return isClaimed(found?.document) ? undefined : found?.document;
}

function isClaimed(document: JsonValue | ClaimedTurn | undefined): document is ClaimedTurn {
  return document !== undefined && typeof document === 'object' && document !== null && 'claimedBy' in document;
}
