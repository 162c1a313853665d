import type { TokenInput } from '../core/engine/decision.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { JsonObject } from '../core/json/json.js';
import type { HistoryEntry } from '../core/tokens/token.js';
import { testedToken, type TestedToken } from './run-workflow.js';
import { testedDefinition } from './tested-definition.js';
import { readTokenHistory, type Arrival, type MigrationArrival, type TokenHistory } from './token-history.js';
import { VirtualToken, type PlayedEnd } from './virtual-token.js';

/** Where a token goes otherwise: the first move in which two ways differ. Undefined: there one of them has ended. */
export interface Difference {
  /** Of the move, from 1. */
  readonly move: number;
  readonly was: string | undefined;
  readonly now: string | undefined;
}

export interface ReplayedToken {
  /** The token as its history has it, and as it would be. */
  readonly was: TestedToken;
  readonly now: TestedToken;
  /** Undefined: it goes the same way. */
  readonly difference: Difference | undefined;
  /** Executions that only the changed definition starts: what they would answer nobody knows, and the token waits for them. */
  readonly unanswered: readonly string[];
}

/**
 * Gives a token's past to a changed definition and says where it would have gone otherwise: the same fires and changes at the same
 * times, and of each agent the answers that it gave. `history` is that of the token's Temporal workflow, as its UI and CLI write it
 * or a client's `fetchHistory` gives it. Where the token went over to another version of its workflow, the changed definition is in the
 * place of the last version that it had; until then it lives as it did. What was said of rollouts while it lived is not heard: agents are
 * as far in as the definition says. Throws where `history` is
 * none, or has no definition, and VALIDATION_FAILED where a definition is wrong.
 */
export function replayToken(history: unknown, definition: object): ReplayedToken {
  const read = readTokenHistory(history);
  if (read.definition === undefined)
    throw new TypeError(
      'This history does not have the definition that the token lived by: it ends before it was loaded.',
    );
  const was = live(read, read.definition);
  const last = was.migrations.at(-1);
  const now =
    last === undefined ? live(read, definition) : live(read, read.definition, { migration: last, target: definition });
  return {
    was: was.token,
    now: now.token,
    difference: firstDifference(was.token, now.token),
    unanswered: now.unanswered,
  };
}

interface Lived {
  readonly token: TestedToken;
  readonly unanswered: readonly string[];
  /** Those by which it went over to another version. */
  readonly migrations: readonly MigrationArrival[];
}

/** The definition that a migration leads to, in the place of that of the history. */
interface OtherTarget {
  readonly migration: MigrationArrival;
  readonly target: object;
}

function live(history: TokenHistory, definition: object, other?: OtherTarget): Lived {
  const answers = new Answers(history.arrivals);
  const unanswered: string[] = [];
  const migrations: MigrationArrival[] = [];
  const token = new VirtualToken(testedDefinition(definition), beginOf(history), {
    play: (request) => {
      const end = answers.of(request);
      if (end !== 'unknown') return end;
      unanswered.push(request.executionId);
      return undefined;
    },
    startAt: history.begunAt,
    ...(history.executionIdSuffix === undefined ? {} : { executionIdSuffix: history.executionIdSuffix }),
  });
  for (const arrival of history.arrivals) {
    goTo(token, arrival.at);
    if ('input' in arrival) token.give(arrival.input);
    else if ('migration' in arrival) {
      const target = other?.migration === arrival ? other.target : arrival.target;
      if (token.give(migrationTo(target, arrival)) === undefined) migrations.push(arrival);
    } else if ('ended' in arrival && answers.isCarried(arrival.ended)) {
      const { ended: executionId, outcome } = arrival;
      token.give({ type: 'execution-ended', executionId, outcome });
    }
  }
  goTo(token, history.endedAt);
  return { token: testedToken(token, []), unanswered, migrations };
}

function migrationTo(target: object, { migration }: MigrationArrival): TokenInput {
  const { fromVersion, toVersion: version, placeMapping } = migration;
  const mapped = placeMapping === undefined ? {} : { placeMapping };
  return { type: 'migrate', fromVersion, target: { ...testedDefinition(target), version }, ...mapped };
}

function beginOf({ start, tokenId }: TokenHistory) {
  if ('carried' in start) return start.carried;
  const { data, metadata, initialPlace } = start.seed as {
    readonly data?: JsonObject;
    readonly metadata?: JsonObject;
    readonly initialPlace?: string;
  };
  return {
    id: tokenId,
    ...(data === undefined ? {} : { data }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(initialPlace === undefined ? {} : { initialPlace }),
  };
}

/** Lets happen what is due until then, each at its time. */
function goTo(token: VirtualToken, time: number): void {
  for (let { next } = token; next !== undefined && next <= time; { next } = token) token.goTo(next);
  token.goTo(time);
}

/** What the executions of a history answered: the nth run for a transition or place agent what its nth run did there. */
class Answers {
  readonly #ends = new Map<string, PlayedEnd>();
  /** By what started them, in order. */
  readonly #started = new Map<string, string[]>();
  readonly #all = new Set<string>();

  constructor(arrivals: readonly Arrival[]) {
    const begun = new Map<string, number>();
    for (const arrival of arrivals) {
      if ('started' in arrival && !begun.has(arrival.started)) {
        begun.set(arrival.started, arrival.at);
        const source = sourceOf(arrival.started);
        this.#started.set(source, [...(this.#started.get(source) ?? []), arrival.started]);
      } else if ('ended' in arrival) {
        const from = begun.get(arrival.ended);
        if (from === undefined) continue;
        this.#ends.set(arrival.ended, { seconds: (arrival.at - from) / 1000, outcome: arrival.outcome });
      }
    }
    for (const executionId of begun.keys()) this.#all.add(executionId);
  }

  /** `unknown`: the history has no such run. Undefined: it has one that did not end. */
  of({ executionId }: ExecutionRequest): PlayedEnd | 'unknown' | undefined {
    const past = this.#started.get(sourceOf(executionId))?.shift();
    if (past === undefined) return 'unknown';
    const end = this.#ends.get(past);
    if (end?.outcome.status !== 'succeeded') return end;
    return { ...end, outcome: { ...end.outcome, result: { ...end.outcome.result, executionId } } };
  }

  /** Whether it was started by an earlier run of the token. */
  isCarried(executionId: string): boolean {
    return !this.#all.has(executionId);
  }
}

/** Of `token:transition:3` without its number: what started it. */
function sourceOf(executionId: string): string {
  return executionId.replace(/:[^:]*$/, '');
}

function firstDifference(was: TestedToken, now: TestedToken): Difference | undefined {
  const most = Math.max(was.history.length, now.history.length);
  for (let index = 0; index < most; index += 1) {
    const [before, after] = [moved(was.history[index]), moved(now.history[index])];
    if (before !== after) return { move: index + 1, was: before, now: after };
  }
  return undefined;
}

function moved(entry: HistoryEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  return `${entry.fromPlace} → ${entry.toPlace} by ${entry.transition ?? 'nothing'}`;
}
