import { PassThrough } from 'node:stream';

import { beforeEach, describe, expect, it } from 'vitest';

import { ApiClient } from '../../../src/cli/api-client.js';
import { TypedLines } from '../../../src/cli/operator/typed-lines.js';
import { FireDesk } from '../../../src/cli/operator/fire-desk.js';
import type { ShownToken } from '../../../src/cli/operator/token-view.js';
import type { ErrorCode } from '../../../src/core/codes.js';
import { CircuitBreakerError } from '../../../src/core/errors.js';

const way = (id: string, trigger = 'manual') => ({
  transition: { id, toPlace: 'done', trigger },
  canFire: true,
  blockers: [],
});
const TOKEN: ShownToken = {
  ...{ id: 't', workflowId: 'w', workflowVersion: 1, place: 'draft', status: 'ACTIVE', data: {} },
  ...{ pending: null, incident: null, history: [] },
  transitions: [way('publish'), way('expire', 'automatic'), way('reject')],
};

let said: string[];
let fired: unknown[];

beforeEach(() => {
  [said, fired] = [[], []];
});

/** An API that refuses with these codes, in turn. */
class PlayedApi extends ApiClient {
  readonly codes: ErrorCode[];

  constructor(codes: readonly ErrorCode[]) {
    super('http://nowhere');
    this.codes = [...codes];
  }

  override query<Data>(_query: string, { input }: Record<string, unknown>): Promise<Data> {
    const code = this.codes.shift();
    if (code !== undefined) return Promise.reject(new CircuitBreakerError(code, 'It is blocked.'));
    fired.push((input as { readonly transitionId: string }).transitionId);
    return Promise.resolve({ fireTransition: { executionId: null } } as Data);
  }
}

function desk({
  typed,
  transitions = [],
  refusals = [],
}: {
  readonly typed?: PassThrough;
  readonly transitions?: readonly string[];
  readonly refusals?: readonly ErrorCode[];
}): FireDesk {
  const parts = {
    api: new PlayedApi(refusals),
    say: (line: string) => void said.push(line),
    ending: new AbortController().signal,
  };
  return new FireDesk(parts, { transitions, ...(typed === undefined ? {} : { typed: new TypedLines(typed) }) });
}

const QUESTION = 'Fire which? Type 1 or publish, 2 or reject.';

describe('a token that waits', () => {
  it.each([
    ['2', 'reject'],
    [' publish ', 'publish'],
  ])('goes on by what a person types: %j', async (line, transition) => {
    const typed = new PassThrough();
    typed.write(`${line}\n`);
    await desk({ typed }).attend(TOKEN, true);
    expect(said.at(-1)).toBe(QUESTION);
    expect(fired).toEqual([transition]);
  });

  it('is asked about again after a word that is none, and a refusal', async () => {
    const typed = new PassThrough();
    const asking = desk({ typed, refusals: ['TRANSITION_REFUSED'] });
    for (const line of ['3', 'publish', 'reject']) {
      typed.write(`${line}\n`);
      await asking.attend(TOKEN, line === '3');
    }
    expect(said.slice(-4)).toEqual([QUESTION, QUESTION, 'It is blocked.', QUESTION]);
    expect(fired).toEqual(['reject']);
  });

  it('can be looked at again while a person thinks, whose line then counts', async () => {
    const typed = new PassThrough();
    const asking = desk({ typed });
    await asking.attend(TOKEN, true);
    await asking.attend(TOKEN, false);
    expect(said.filter((line) => line === QUESTION)).toHaveLength(1);
    typed.write('publish\n');
    await asking.attend(TOKEN, false);
    expect(fired).toEqual(['publish']);
  });

  it('is only shown where nobody is at a terminal, has left it, or has nothing to pick', async () => {
    await desk({}).attend(TOKEN, true);
    const left = new PassThrough();
    left.end();
    const asking = desk({ typed: left });
    await asking.attend(TOKEN, true);
    said.length = 0;
    await asking.attend(TOKEN, true);
    await desk({ typed: new PassThrough() }).attend({ ...TOKEN, transitions: [way('expire', 'automatic')] }, true);
    expect(said).not.toContain(QUESTION);
    expect(fired).toEqual([]);
  });

  it('takes first, in turn, what the command line names, and a refusal of that is an error', async () => {
    const asking = desk({ transitions: ['publish', 'reject'] });
    await asking.attend(TOKEN, true);
    await asking.attend(TOKEN, true);
    expect(fired).toEqual(['publish', 'reject']);
    expect(said).toEqual([]);
    const refused = desk({ transitions: ['publish'], refusals: ['TRANSITION_REFUSED'] });
    await expect(refused.attend(TOKEN, true)).rejects.toMatchObject({ code: 'TRANSITION_REFUSED' });
  });
});
