import type { Alert, Trouble } from './alert.js';

/** What becomes of alerts by what is wrong now. */
export interface AlertChanges {
  readonly fired: readonly Trouble[];
  readonly over: readonly Alert[];
}

/** So many of one name are told one by one: a provider that is away makes hundreds of agents fail. */
export const MOST_OF_A_NAME = 20;

/** Compares what is wrong with what was told. Pure. Of too many of one name the rest is told as one, of the subject `others`. */
export function changedAlerts(open: readonly Alert[], troubles: readonly Trouble[], now: string): AlertChanges {
  const told = new Set(open.map(keyOf));
  const wrong = withOthersJoined(troubles, told);
  const stillWrong = new Set(wrong.map(keyOf));
  return {
    fired: wrong.filter((trouble) => !told.has(keyOf(trouble))),
    over: open.filter((alert) => !stillWrong.has(keyOf(alert)) && (alert.lastsUntil ?? '') <= now),
  };
}

function keyOf({ name, subject }: Trouble): string {
  return `${name} ${subject}`;
}

/** What was told already stays among those that are told one by one: nothing is over because others are worse. */
function withOthersJoined(troubles: readonly Trouble[], told: ReadonlySet<string>): readonly Trouble[] {
  const names = [...new Set(troubles.map(({ name }) => name))];
  return names.flatMap((name) => {
    const ofName = troubles.filter((trouble) => trouble.name === name);
    const known = ofName.filter((trouble) => told.has(keyOf(trouble)));
    const fresh = ofName.filter((trouble) => !told.has(keyOf(trouble)));
    const room = Math.max(0, MOST_OF_A_NAME - known.length);
    const others = fresh.slice(room);
    return [...known, ...fresh.slice(0, room), ...(others[0] === undefined ? [] : [joined(others[0], others.length)])];
  });
}

function joined({ name, threshold, summary }: Trouble, count: number): Trouble {
  const more = count === 1 ? '' : `, and ${count - 1} more like it`;
  return { name, subject: 'others', value: count, threshold, summary: `${summary}${more}` };
}
