import { PayloadEncryption } from '../src/temporal/payload-encryption.js';
import { median, printRow } from './figures.js';

const ROUNDS = 200;
/** Payloads that go to and fro for a fire without an agent: the update and its answer, the record of the token. */
const PAYLOADS_OF_A_FIRE = 6;

/** What the encryption of a payload costs, both ways, and of a fire. */
export async function benchPayloads(): Promise<void> {
  console.log(`\nPayloads: AES-256-GCM, time of this thread (median of ${ROUNDS})`);
  const codec = new PayloadEncryption([{ id: 'bench', bytes: new Uint8Array(32) }]);
  for (const [name, bytes] of [['1 KB', 1024] as const, ['100 KB', 102_400] as const, ['1 MB', 1_048_576] as const]) {
    const { encode, decode, more } = await costs(codec, bytes);
    const both = `encode ${encode.toFixed(3)} ms   decode ${decode.toFixed(3)} ms   ${more} bytes more`;
    printRow(name, both);
    if (bytes === 1024) printRow('a fire', `${((encode + decode) * PAYLOADS_OF_A_FIRE).toFixed(3)} ms`);
  }
}

async function costs(codec: PayloadEncryption, bytes: number) {
  const plain = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.alloc(bytes, 'a document ') };
  const samples = { encode: [] as number[], decode: [] as number[] };
  let more = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    const encrypted = await codec.encode([plain]);
    const between = performance.now();
    await codec.decode(encrypted);
    samples.encode.push(between - begun);
    samples.decode.push(performance.now() - between);
    more = (encrypted[0]?.data?.length ?? 0) - bytes;
  }
  return { encode: median(samples.encode), decode: median(samples.decode), more };
}
