import type { PendingMigration } from '../../backends/postgres/migrate.js';
import type { BuildFinding } from '../../compose/build-findings.js';
import type { MovedKind } from '../../compose/move-runs.js';
import type { BrokenRun, ReplayedKind } from '../../compose/replay-running.js';

/** What a database, or a folder, is to the version that comes. */
export type StorageFinding =
  | { readonly type: 'folder' }
  | { readonly type: 'new' }
  | { readonly type: 'migrations'; readonly pending: readonly PendingMigration[] };

/** What `upgrade --check` found. */
export interface Checked {
  readonly version: string;
  readonly canGoOver: boolean;
  readonly storage: StorageFinding;
  /** What goes over by itself: without builds all, else what began without one, and batches. */
  readonly kinds: readonly ReplayedKind[];
  /** Absent: workers have no build. */
  readonly deployment?: {
    readonly name: string;
    readonly own: string;
    readonly builds: readonly BuildFinding[];
    /** What other builds hold. */
    readonly kinds: readonly ReplayedKind[];
  };
}

/** What `upgrade --make-current` and `--move` did, or would do. */
export interface Takeover {
  readonly buildId: string;
  readonly isDryRun: boolean;
  readonly wasCurrent: boolean;
  /** What would go over by itself and break: then nothing was done. */
  readonly broken: readonly BrokenRun[];
  /** Absent: nothing was to be moved. */
  readonly moved?: readonly MovedKind[];
}

export function wordsOfCheck({ version, canGoOver, storage, kinds, deployment }: Checked): readonly string[] {
  const last = canGoOver
    ? `Version ${version} can be started beside what runs.`
    : `Version ${version} cannot be started beside what runs. docs/guides/upgrades.md says what to do.`;
  const batches = kinds
    .filter(({ kind, running }) => kind === 'batches' && running > 0)
    .flatMap((one) => wordsOfKind(one));
  const others = kinds.filter(({ kind }) => kind !== 'batches');
  if (deployment === undefined)
    return [...others.flatMap((one) => wordsOfKind(one)), ...batches, ...wordsOfStorage(storage), last];
  return [
    ...others.filter(({ running }) => running > 0).flatMap((one) => wordsOfKind(one, ' without a build')),
    ...batches,
    ...deployment.kinds.flatMap((one) => wordsOfKind(one, ' of other builds')),
    ...wordsOfBuilds(deployment),
    ...wordsOfStorage(storage),
    last,
  ];
}

export function wordsOfTakeover({ buildId, isDryRun, wasCurrent, broken, moved }: Takeover): readonly string[] {
  if (broken.length > 0) {
    return [
      `Build ${buildId} is not made current: what runs without a build, and batches, would go over to it, and ${broken.length} of that cannot.`,
      ...broken.map(wordsOfBroken),
    ];
  }
  const become = isDryRun ? 'would be current: what begins would do so on it' : 'is current: what begins does so on it';
  const current = wasCurrent ? `Build ${buildId} is current already.` : `Build ${buildId} ${become}.`;
  return [current, ...(moved ?? []).flatMap((one) => wordsOfMoved(one, isDryRun))];
}

function wordsOfMoved({ kind, moved, broken }: MovedKind, isDryRun: boolean): readonly string[] {
  const rest =
    broken.length === 0
      ? ''
      : `, ${broken.length} ${broken.length === 1 ? 'stays' : 'stay'} where ${broken.length === 1 ? 'it is' : 'they are'}`;
  return [`${kind}: ${moved} ${isDryRun ? 'would be moved' : 'moved'}${rest}.`, ...broken.map(wordsOfBroken)];
}

function wordsOfKind({ kind, running, replayed, broken }: ReplayedKind, which = ''): readonly string[] {
  const unseen = running > replayed ? ` The others are older: --most ${running} looks at them, too.` : '';
  const outcome = broken.length === 0 ? 'all can go over' : `${broken.length} cannot go over`;
  const some = replayed === 0 ? 'none replayed' : `${replayed} replayed, ${outcome}`;
  return [`${kind}${which}: ${running} running, ${some}.${unseen}`, ...broken.map(wordsOfBroken)];
}

function wordsOfBroken({ id, runId, reason }: BrokenRun): string {
  return `  ${id} (run ${runId}): ${reason}`;
}

function wordsOfBuilds({ name, own, builds }: NonNullable<Checked['deployment']>): readonly string[] {
  const known = builds.some(({ buildId }) => buildId === own);
  return [
    `builds of ${name}:`,
    ...builds.map((build) => `  ${wordsOfBuild(build, own)}`),
    ...(known ? [] : [`  ${own} (this version): no worker of it has polled yet.`]),
  ];
}

function wordsOfBuild({ buildId, isCurrent, tokens, executions, answers }: BuildFinding, own: string): string {
  const marks = [...(isCurrent ? ['current'] : []), ...(buildId === own ? ['this version'] : [])];
  const mark = marks.length === 0 ? '' : ` (${marks.join(', ')})`;
  const held = `${buildId}${mark}: ${tokens} tokens, ${executions} executions`;
  if (answers === false) return `${held}, and no worker answers for them: start one, or upgrade --move.`;
  if (answers === true) return `${held}, and its workers answer.`;
  return isCurrent || buildId === own ? `${held}.` : `${held}: its workers may be stopped.`;
}

/** Migrations that no older process lives with. */
export function hardOf(storage: StorageFinding): readonly PendingMigration[] {
  return storage.type === 'migrations' ? storage.pending.filter(({ hard }) => hard.length > 0) : [];
}

function wordsOfStorage(storage: StorageFinding): readonly string[] {
  switch (storage.type) {
    case 'folder':
      return ['storage: a folder, which one process has at a time. Stop it, and start this version on the folder.'];
    case 'new':
      return ['storage: a database without our tables. The first process makes them.'];
    case 'migrations': {
      const { pending } = storage;
      if (pending.length === 0) return ['storage: no migration is missing.'];
      const tags = pending.map(({ tag }) => tag).join(', ');
      const hard = hardOf(storage).map(
        ({ tag, hard: [statement = ''] }) =>
          `  ${tag} needs every process of an older version stopped: ${statement.replaceAll('\n', ' ')}`,
      );
      return [
        `storage: the first process of this version applies ${tags}.${hard.length === 0 ? ' Older ones go on beside it; once they are stopped they do not start again.' : ''}`,
        ...hard,
      ];
    }
  }
}
