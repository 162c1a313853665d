import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { replayToken } from '../../src/testing/index.js';
import { readTokenHistory } from '../../src/testing/token-history.js';

const FOLDER = new URL('../workflows/histories/', import.meta.url);
const HISTORIES = readdirSync(FOLDER).filter((name) => /^(?:before-[a-z-]+-)?token-/.test(name));

interface WrittenHistory {
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

function history(name: string): WrittenHistory {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as WrittenHistory;
}

/** Where Temporal's UI shows the token at the end of a history. */
function shownPlace({ events }: WrittenHistory): string | undefined {
  const shown = JSON.stringify(events).matchAll(
    /"CircuitBreakerPlace":\{[^}]*\{[^}]*\}[^}]*"data":"([^"]+)"|"CircuitBreakerPlace":\{"data":"([^"]+)"/g,
  );
  const last = [...shown].at(-1);
  return last === undefined ? undefined : (JSON.parse(atob(last[1] ?? last[2] ?? '')) as string);
}

type Reviewed = Readonly<Record<'transitions', readonly Readonly<Record<string, unknown>>[]>>;

describe('the past of a token', () => {
  it.each(HISTORIES.filter((name) => !name.includes('unknown-workflow')))(
    'leads where it led, given to its own definition: %s',
    (name) => {
      const written = history(name);
      const { definition = {}, arrivals } = readTokenHistory(written);
      const targets = arrivals.flatMap((arrival) => ('migration' in arrival ? [arrival.target] : []));
      const { was, now, difference, unanswered } = replayToken(written, targets.at(-1) ?? definition);
      expect(difference).toBeUndefined();
      expect(unanswered).toEqual([]);
      expect(now.place).toBe(shownPlace(written));
      expect(was.path).toBe(now.path);
    },
  );

  it('shows where a changed definition leads it otherwise', () => {
    const written = history('token-reviewed.json');
    const { definition } = readTokenHistory(written) as unknown as { readonly definition: Reviewed };
    const blocked = definition.transitions.map((transition) => ({
      ...transition,
      rules: [{ type: 'FieldExists', field: 'data.never' }],
    }));
    const changed = { ...definition, transitions: blocked };
    const { was, now, difference } = replayToken(written, changed);
    expect(was.history.length).toBeGreaterThan(0);
    expect(difference).toEqual({ move: 1, was: 'submitted → reviewed by review', now: undefined });
    expect(now.events.map(({ type }) => type)).toContain('TRANSITION_REFUSED');
  });

  it('follows a token to another version of its workflow: a changed definition is in the place of that', () => {
    const written = history('token-migrated.json');
    const { arrivals } = readTokenHistory(written);
    const [target] = arrivals.flatMap((arrival) => ('migration' in arrival ? [arrival.target] : [])).slice(-1);
    if (target === undefined) throw new Error('it has no migration');
    const { was, now, difference } = replayToken(written, target);
    expect(difference).toBeUndefined();
    expect(was).toMatchObject({ place: 'done', workflowVersion: 2, status: 'COMPLETED' });
    expect(now.path).toBe(was.path);
    expect(was.path).toContain('new → fresh, migrated to version 2');
    const { transitions } = target as unknown as Reviewed;
    const changed = { ...target, transitions: transitions.map((one) => ({ ...one, trigger: 'manual' })) };
    expect(replayToken(written, changed).difference).toEqual({
      move: 2,
      was: 'fresh → sorted by sort',
      now: undefined,
    });
    const without = { ...changed, places: ['new', 'sorted', 'done'], initialPlace: 'new', placeAgents: [] };
    const elsewhere = transitions.filter(({ id }) => id === 'close');
    const gone = replayToken(written, {
      ...without,
      transitions: [...elsewhere, { id: 'sort', fromPlaces: ['new'], toPlace: 'sorted' }],
    });
    expect(gone.now).toMatchObject({ workflowVersion: 1, place: 'done' });
    expect(gone.difference).toMatchObject({ move: 1, was: 'new → fresh by nothing' });
  });

  it('is read as a client gives it, too', () => {
    const written = history('token-reviewed.json');
    const asClient = JSON.parse(JSON.stringify(written), (key, value: unknown) => {
      if (key === 'data' && typeof value === 'string') return Buffer.from(value, 'base64');
      if (key === 'encoding' && typeof value === 'string') return Buffer.from(value, 'base64');
      if (key === 'eventTime') return { seconds: `${Math.floor(Date.parse(String(value)) / 1000)}`, nanos: 0 };
      return value;
    }) as WrittenHistory;
    const { definition = {} } = readTokenHistory(written);
    expect(replayToken(asClient, definition).now.place).toBe(replayToken(written, definition).now.place);
  });

  it.each([
    [{}, 'no history'],
    [null, 'no history'],
    [history('execution-completed.json'), 'another workflow'],
  ])('is refused where it is none', (written, message) => {
    expect(() => replayToken(written, {})).toThrow(message);
  });

  it('is refused where its definition was never loaded', () => {
    expect(() => replayToken(history('token-of-unknown-workflow.json'), {})).toThrow('before it was loaded');
  });
});
