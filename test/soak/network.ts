import { CuttingProxy } from '../support/cutting-proxy.js';
import { Installation, Surroundings } from '../support/installation.js';
import { NatsServer } from '../support/nats-server.js';
import { Network, type Server } from '../support/network.js';
import { NETWORK_FAULTS, runNetworkTrial } from '../support/network-trial.js';
import { RedisServer } from '../support/redis-server.js';
import { report } from '../support/report.js';

/**
 * `npm run soak:network -- SECONDS LINKS FAULTS`: each fault on each link for so long, one after the other. The last two choose
 * by regular expression, as in `'^API' 'silent|cut'`.
 */
const [seconds = '20', links = '', faults = ''] = process.argv.slice(2);
const A_WORD_MS = 15_000;

/** Streams on one of the two and agents on the other: a server for each variable. */
const SERVERS: Readonly<Record<Server, string>> = {
  TEMPORAL_ADDRESS: 'Temporal',
  STORAGE_URL: 'PostgreSQL',
  STREAM_URL: 'Redis',
  AGENT_STORAGE_URL: 'NATS',
  OPENAI_BASE_URL: 'model',
};
const surroundings = await Surroundings.start({ chunks: 40 });
const [redis, nats, network] = [await RedisServer.start({ keepsData: true }), await NatsServer.start(), new Network()];
const places = { streamUrl: redis.url, agentStorageUrl: nats.url, network };
const here = await Installation.start(surroundings, 'network', places);
const viewing = await CuttingProxy.start(here.address);
let wrongs = 0;
for (const [link, lines] of everyLink()) {
  for (const [fault, spoil] of Object.entries(NETWORK_FAULTS)) {
    if (!new RegExp(links).test(link) || !new RegExp(faults).test(fault)) continue;
    wrongs += await tried(link, lines, { fault, spoil });
  }
}
await here.stop();
await Promise.all([surroundings.stop(), redis.stop(), nats.stop(), network.stop(), viewing.stop()]);
report(wrongs === 0 ? 'All of it is as promised.' : `${wrongs} things are not as promised.`);
process.exit(wrongs === 0 ? 0 : 1);

function everyLink(): readonly (readonly [string, readonly CuttingProxy[]])[] {
  const who = { API: ['api-1'], 'a worker': ['worker-1'], 'all workers': ['worker-1', 'worker-2'] };
  const pairs = Object.entries(who).flatMap(([name, processes]) =>
    (Object.keys(SERVERS) as Server[])
      .filter((server) => name !== 'API' || server !== 'OPENAI_BASE_URL')
      .map((server) => [`${name} - ${SERVERS[server]}`, processes.map((one) => network.line(one, server))] as const),
  );
  return [['viewers - API', [viewing]], ...pairs];
}

interface Tried {
  readonly fault: string;
  readonly spoil: (line: CuttingProxy) => void;
}

async function tried(link: string, lines: readonly CuttingProxy[], { fault, spoil }: Tried): Promise<number> {
  const name = `${link} ${fault}`.replaceAll(/\W+/g, '-');
  const viewedAt = lines[0] === viewing ? viewing.address : here.address;
  const { prose } = surroundings;
  try {
    const options = {
      name,
      here,
      prose,
      lines,
      spoil,
      forMs: Number(seconds) * 1000,
      viewedAt,
      mayFail: link.endsWith('model'),
    };
    const { heard, silences, wellAfterMs, overAfterMs, lostAttempts, wrong } = await runNetworkTrial(options);
    const asked = [...heard].map(([question, { longestMs }]) => `${question} ${inSeconds(longestMs)}`);
    const viewed = [...silences].map(([door, ms]) => `${door} ${inSeconds(ms)}`);
    report(`${link} | ${fault} | ${[...asked, ...viewed].join(', ')}`);
    report(
      `  well after ${inSeconds(wellAfterMs)}, over after ${inSeconds(overAfterMs)}; ${lostAttempts} attempts lost`,
    );
    for (const [question, { answers }] of heard) {
      const others = [...answers].filter(([answer]) => answer !== 'ok' && answer !== '200');
      if (others.length > 0)
        report(`  ${question}: ${others.map(([answer, count]) => `${count} ${answer}`).join(', ')}`);
    }
    const late = [...heard]
      .filter(([, { longestMs }]) => longestMs > A_WORD_MS)
      .map(([one]) => `${one} waited too long`);
    const unforeseen = [...heard]
      .filter(([, { answers }]) => answers.has('INTERNAL'))
      .map(([one]) => `${one} was INTERNAL`);
    const all = [...wrong, ...late, ...unforeseen];
    for (const one of all) report(`  WRONG ${one}`);
    return all.length;
  } catch (error) {
    report(`${link} | ${fault} | WRONG ${String(error)}`);
    return 1;
  }
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
