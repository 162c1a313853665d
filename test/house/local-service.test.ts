import { describe, expect, it } from 'vitest';

import { interpolated } from '../../scripts/cluster/interpolation.js';
import { localText } from '../../scripts/cluster/local-service.js';
import { startOrder } from '../../scripts/cluster/start-order.js';
import { readComposeFile } from '../../scripts/cluster/compose-file.js';
import { isTemporalServer, isWithinTemporalServer } from '../../scripts/cluster/local-programs.js';

const HERE: Readonly<Record<string, string>> = { 'postgres:5432': '127.0.0.1:20001', 'api:4000': '127.0.0.1:20002' };
const place = {
  paths: { '/run/secrets/a': '/here/a', '/run/secrets/a_long': '/here/long', '/data': '/volumes/redis' },
  addressOf: (service: string, port: number) => HERE[`${service}:${port}`],
};

describe('what a container is told, in the words of this machine:', () => {
  it.each([
    ['postgres://circuit_breaker:12@postgres:5432/db', 'postgres://circuit_breaker:12@127.0.0.1:20001/db'],
    ['postgres:5433', 'postgres:5433'],
    ['my-postgres:5432', 'my-postgres:5432'],
    ['/run/secrets/a', '/here/a'],
    ['/run/secrets/a_long', '/here/long'],
    ['/run/secrets/another', '/run/secrets/another'],
    ['--store_dir=/data', '--store_dir=/volumes/redis'],
    ['/database', '/database'],
    ['cat /data/x; ls /data', 'cat /volumes/redis/x; ls /volumes/redis'],
  ])('%s', (there, here) => {
    expect(localText(there, place)).toBe(here);
  });
});

describe('a variable of a compose file', () => {
  it.each([
    ['${A}', 'one'],
    ['${B}', ''],
    ['${B:-otherwise}', 'otherwise'],
    ['${EMPTY:-otherwise}', 'otherwise'],
    ['${A:-otherwise}-${A}', 'one-one'],
    ['$$A $${A}', '$A ${A}'],
  ])('%s', (text, value) => {
    expect(interpolated(text, { A: 'one', EMPTY: '' })).toBe(value);
  });

  it('that is required and missing says what to do', () => {
    expect(() => interpolated('${B:?name it in .env}', {})).toThrow('B is not set: name it in .env');
  });
});

describe('services are started', () => {
  const kinds = { isStandIn: isTemporalServer, isWithin: isWithinTemporalServer };

  it('after what they need; what the dev server has within it, and what only that needs, is not', () => {
    const { started, within } = startOrder(readComposeFile('docker-compose.yml', {}), kinds);
    const names = started.map(({ name }) => name);
    expect(within.map(({ name }) => name).sort()).toEqual([
      'temporal-namespace',
      'temporal-postgres',
      'temporal-schema',
      'temporal-ui',
    ]);
    for (const { name, depends_on: needs } of started) {
      for (const needed of Object.keys(needs).filter((one) => names.includes(one))) {
        expect(names.indexOf(needed), `${needed} before ${name}`).toBeLessThan(names.indexOf(name));
      }
    }
  });

  it.each([
    ['a depends on b depends on a.', { a: ['b'], b: ['a'] }],
    ['a depends on c, which there is not.', { a: ['c'] }],
  ])('unless %s', (message, needs: Readonly<Record<string, readonly string[]>>) => {
    const [model] = Object.values(readComposeFile('docker-compose.yml', {}).services);
    if (model === undefined) throw new Error('no service');
    const services = Object.fromEntries(
      Object.entries(needs).map(([name, others]) => {
        const depends_on = Object.fromEntries(others.map((one) => [one, { condition: 'service_started' as const }]));
        return [name, { ...model, name, depends_on }];
      }),
    );
    expect(() => startOrder({ services }, kinds)).toThrow(message);
  });
});
