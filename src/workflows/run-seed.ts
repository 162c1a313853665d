import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';

/**
 * What Temporal seeds the randomness of a run with. A reset gives another seed from the point on to which the workflow was
 * reset, also when its history is replayed: nothing else tells a workflow that it was reset, and where.
 */
// Of the SDK's inner parts, of which we use one exact version: a test resets a token on a real server.
export function runSeed(): string {
  return getActivator().randomnessSeed.join();
}
