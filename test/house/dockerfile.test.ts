import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

import { argumentsOf as of, dockerfileStages, letIntoContext, type Stage } from '../support/dockerfile.js';

const { PRODUCTS } = (await import(pathToFileURL('scripts/build/products.mjs').href)) as {
  readonly PRODUCTS: readonly { readonly from: readonly string[] }[];
};

const [built = [], image = [], ...more] = dockerfileStages();
/** What a stage takes from this folder. */
const copied = (stage: Stage) =>
  of(stage, 'COPY')
    .filter((what) => !what.startsWith('--from='))
    .flatMap((what) => what.split(' ').slice(0, -1));
const letIn = letIntoContext();

describe('the image', () => {
  it('is made in two stages, on a Node that the checks run on', () => {
    expect(more).toEqual([]);
    const [major = ''] = readFileSync('.nvmrc', 'utf8').trim().split('.');
    const [tested = ''] = readFileSync('.ci/nodes', 'utf8')
      .split('\n')
      .filter((one) => one.startsWith(`${major}.`));
    const [first = '', second = ''] = [of(built, 'FROM')[0], of(image, 'FROM')[0]];
    expect(second).toBe(`node:${tested}-bookworm-slim`);
    expect(first).toBe(`${second} AS built`);
  });

  it('copies only what there is, and what the context has', () => {
    const all = [...copied(built), ...copied(image)];
    expect(all.filter((path) => !existsSync(path))).toEqual([]);
    const isLetIn = (path: string) => letIn.some((one) => path === one || path.startsWith(`${one}/`));
    expect(all.filter((path) => !isLetIn(path))).toEqual([]);
    expect(letIn.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('has beside it all that is built from', () => {
    const isThere = (path: string) => copied(built).some((one) => path === one || path.startsWith(`${one}/`));
    expect(PRODUCTS.flatMap(({ from }) => from).filter((path) => !isThere(path))).toEqual([]);
  });

  it('has no packages of development, no sources, and nothing that a package runs when it is installed', () => {
    expect(of(built, 'RUN').join('\n')).toMatch(/npm prune --omit=dev/);
    expect(
      of(built, 'RUN').filter((what) => /npm (?:ci|prune)/.test(what) && !what.includes('--ignore-scripts')),
    ).toEqual([]);
    expect([...copied(image), ...of(image, 'COPY')].filter((what) => /\bsrc\b|\/app \./.test(what))).toEqual([]);
  });

  it('runs one process, which gets SIGTERM itself, as nobody who matters, and is asked without another program', () => {
    expect(of(image, 'USER')).toEqual(['1000:1000']);
    expect(JSON.parse(of(image, 'ENTRYPOINT')[0] ?? '')).toEqual(['node', 'bin/circuit-breaker.js']);
    expect(JSON.parse(of(image, 'CMD')[0] ?? '')).toEqual(['api']);
    const [, check = ''] = (of(image, 'HEALTHCHECK')[0] ?? '').split(' CMD ');
    expect(JSON.parse(check)).toEqual(['node', 'deploy/check-health.mjs', 'ready']);
  });

  it('has no secret, as a value or as an argument', () => {
    expect([...built, ...image].filter(({ does }) => does === 'ARG')).toEqual([]);
    expect([...of(built, 'ENV'), ...of(image, 'ENV')]).toEqual(['NODE_ENV=production']);
  });
});
