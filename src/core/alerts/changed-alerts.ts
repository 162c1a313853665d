import type { Alert, Trouble } from './alert.js';

/** What becomes of alerts by what is wrong now. */
export interface AlertChanges {
  readonly fired: readonly Trouble[];
  readonly over: readonly Alert[];
}

/** So many of one name are told one by one: a provider that is away makes hundreds of agents fail. */
export const MOST_OF_A_NAME = 20;
const OTHERS = 'others';

/** Compares what is wrong with what was told. Pure. Of too many of one name the rest is told as one, of the subject `others`. */
export function changedAlerts(open: readonly Alert[], troubles: readonly Trouble[], now: string): AlertChanges {
  const told = new Set(open.map(keyOf));
  const wrong = withOthersJoined(troubles, open);
  const stillWrong = new Set(wrong.map(keyOf));
  return {
    fired: wrong.filter((trouble) => !told.has(keyOf(trouble))),
    over: open.filter((alert) => !stillWrong.has(keyOf(alert)) && (alert.lastsUntil ?? '') <= now),
  };
}

function keyOf({ name, subject }: Trouble): string {
  return `${name} ${subject}`;
}

/**
 * What was told already stays among those that are told one by one: nothing is over because others are worse. What is open takes its room also
 * where it is not wrong any more, and is to last.
 */
function withOthersJoined(troubles: readonly Trouble[], open: readonly Alert[]): readonly Trouble[] {
  const told = new Set(open.map(keyOf));
  const names = [...new Set(troubles.map(({ name }) => name))];
  return names.flatMap((name) => {
    const ofName = troubles.filter((trouble) => trouble.name === name);
    const known = ofName.filter((trouble) => told.has(keyOf(trouble)));
    const fresh = ofName.filter((trouble) => !told.has(keyOf(trouble)));
    const taken = open.filter((alert) => alert.name === name && alert.subject !== OTHERS).length;
    const room = Math.max(0, MOST_OF_A_NAME - taken);
    return [...known, ...fresh.slice(0, room), ...joined(fresh.slice(room))];
  });
}

/** It lasts as long as the last of them. */
function joined(others: readonly Trouble[]): readonly Trouble[] {
  const [first] = others;
  if (first === undefined) return [];
  const { name, threshold, summary } = first;
  const more = others.length === 1 ? '' : `, and ${others.length - 1} more like it`;
  const lastsUntil = others.map((one) => one.lastsUntil ?? '').reduce((one, other) => (one > other ? one : other));
  return [
    {
      ...{ name, subject: OTHERS, value: others.length, threshold, summary: `${summary}${more}` },
      ...(lastsUntil === '' ? {} : { lastsUntil }),
    },
  ];
}
