import { CHAT } from '../test/providers/formats/contract/wire-under-test.js';
import { createAgent } from '../test/support/api-client.js';
import { newSetting, startEverything } from '../test/support/everything.js';
import { beginStream, startFaultServer } from '../test/support/fault-server.js';
import { executed } from './executed.js';
import { milliseconds, printRow, quantile } from './figures.js';

/** A minute and the half minute for which a breaker is open, at a third of their length. */
const OUTAGE_MS = 20_000;
const BREAKER_OPEN_SECONDS = '10';
const ANSWER_MS = 300;
const AT_ONCE = 6;
const WARM_UP = 20;
const prompts = { system: 'You write.', userTemplate: 'Write about {input_data}' };

/** What executions take whose provider answers 529 for a minute, beside those that ask its fallback in the first place. */
export async function benchFallbacks(environment: Record<string, string>): Promise<void> {
  console.log('\nA provider that answers 529 for a minute (at a third of the length), and its fallback');
  const [own, other] = await Promise.all([startFaultServer(), startFaultServer()]);
  own.behave((_request, response) => {
    response.writeHead(529, { 'content-type': 'application/json' }).end('{"error":{"message":"overloaded"}}');
  });
  other.behave((_request, response) => {
    beginStream(response);
    response.write(CHAT.text('All of '));
    setTimeout(() => response.end(CHAT.text('it.') + CHAT.finish('stop')), ANSWER_MS);
  });
  const setting = await newSetting({ BREAKER_OPEN_SECONDS, ...environment });
  const everything = await startEverything(setting);
  const provider = ({ baseUrl }: { readonly baseUrl: string }, model: string) => ({ type: 'custom', model, baseUrl });
  try {
    const { address } = setting;
    const fallback = { llmProvider: provider(other, 'other') };
    await createAgent(address, { id: 'alone', name: 'Alone', prompts, ...fallback });
    const llmProvider = provider(own, 'own');
    await createAgent(address, { id: 'covered', name: 'Covered', prompts, llmProvider, fallbacks: [fallback] });
    for (let round = 0; round < WARM_UP; round += 1) await executed(address, 'alone', `${round}`);
    const alone = await during(OUTAGE_MS, (round) => executed(address, 'alone', `${round}`));
    const covered = await during(OUTAGE_MS, (round) => executed(address, 'covered', `${round}`));
    printRow('executeAgent → completed, the fallback alone', milliseconds(alone));
    printRow('the same behind a provider that answers 529', milliseconds(covered));
    const ratio = quantile(covered, 0.95) / quantile(alone, 0.95);
    printRow('p95 of the second, of that of the first', `${ratio.toFixed(2)} times   (aim: less than 2)`);
    printRow('calls that the provider was asked', `${own.bodies.length} of ${covered.length} executions`);
  } finally {
    await everything.stop();
    await Promise.all([own.stop(), other.stop(), setting.remove()]);
  }
}

async function during(
  ms: number,
  run: (round: number) => Promise<{ readonly completedMs: number }>,
): Promise<readonly number[]> {
  const endsAt = performance.now() + ms;
  const samples: number[] = [];
  let round = 0;
  const lane = async () => {
    while (performance.now() < endsAt) samples.push((await run((round += 1))).completedMs);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return samples;
}
