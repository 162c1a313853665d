import type { RecordStore } from './record-store.js';

/** A document, and the revision of the record that has it. */
export interface ReadRecord<Document> {
  readonly document: Document;
  readonly revision: number;
}

/** A record as whoever wrote it wrote it. */
export async function readRecord<Document>(
  records: RecordStore,
  key: string,
): Promise<ReadRecord<Document> | undefined> {
  return (await readRecords<Document>(records, [key]))[0];
}

export async function readRecords<Document>(
  records: RecordStore,
  keys: readonly string[],
): Promise<readonly (ReadRecord<Document> | undefined)[]> {
  const found = await records.getMany(keys);
  return found.map((one) =>
    one === undefined ? undefined : { document: JSON.parse(one.text) as Document, revision: one.revision },
  );
}
