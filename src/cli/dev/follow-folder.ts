import { setTimeout } from 'node:timers/promises';

import { FolderRest, isOther } from './folder-rest.js';
import { changedFiles, lookAtFiles, type SeenFolder } from './watched-files.js';

const LOOK_EVERY_MS = 150;
/** A look at a large folder takes long: looks take no more than a twentieth of the time. */
const SHARE = 20;
/** What could not be done for now is tried again. */
const AGAIN_MS = 2000;

/** What came of a folder that was to be taken: what there was, nothing because it was saved meanwhile, or nothing for now. */
export type Taken = 'done' | 'moved' | 'later';

export interface FolderFollower {
  /** Takes the folder as it is. `isStill` says whether it is yet as it was at the beginning: otherwise what was read may be half of it. */
  take(isStill: () => boolean): Promise<Taken>;
  /** The folder was taken, and these files are others than when it was taken before. */
  changed(files: readonly string[]): void;
  /** A line for the person who saves. */
  say(line: string): void;
}

interface Following {
  readonly folder: string;
  /** Where we store things ourselves. */
  readonly leftOut: string;
  readonly ending: AbortSignal;
}

/**
 * Has a folder taken at the beginning and after every save, until it is to end. Files may be saved half, and many times a second: nothing is
 * taken before all has been as it is for a while, so that it is the state after the last save. Looks at the files again and again, since what
 * systems tell of changes is not to be relied on: on drives of a network and in containers some tell nothing.
 */
export async function followFolder({ folder, leftOut, ending }: Following, follower: FolderFollower): Promise<void> {
  const rest = new FolderRest((line) => {
    follower.say(line);
  });
  let taken: SeenFolder | undefined;
  let again = Infinity;
  while (!ending.aborted) {
    const begun = performance.now();
    const seen = lookAtFiles(folder, leftOut);
    const tookMs = performance.now() - begun;
    const isDue = taken === undefined || isOther(taken, seen) || begun > again;
    if (isDue && rest.isAtRest(seen, performance.now())) {
      const came = await follower.take(() => !isOther(seen, lookAtFiles(folder, leftOut)));
      again = came === 'later' ? performance.now() + AGAIN_MS : Infinity;
      if (came !== 'moved') {
        if (taken !== undefined) follower.changed(changedFiles(taken.files, seen.files));
        taken = seen;
      }
    }
    await pause(Math.max(LOOK_EVERY_MS, tookMs * SHARE), ending);
  }
}

async function pause(ms: number, ending: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal: ending }).catch(() => undefined);
}
