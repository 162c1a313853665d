import { BACKENDS, FAULTS, type BackendTag, type Fault } from './faults.js';
import { INVARIANTS } from './invariants.js';

type Tag = (typeof INVARIANTS)[number] | Fault | BackendTag;

/** All tags that a test may have: what it holds, what goes wrong in it, and on what. */
export const TAGS: readonly Tag[] = [
  ...INVARIANTS,
  ...(Object.keys(FAULTS) as Fault[]),
  ...(Object.keys(BACKENDS) as BackendTag[]),
];

declare module 'vitest' {
  interface TestTags {
    tags: Tag;
  }
}
