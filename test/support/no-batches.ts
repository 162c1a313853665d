import type { BatchParts } from '../../src/activities/activity-parts.js';

const notPlayed = () => Promise.reject(new Error('not played'));

/** Of tests in which nothing waits for a batch. */
export const NO_BATCHES: BatchParts = {
  models: {
    request: notPlayed,
    answering: () => {
      throw new Error('not played');
    },
    accounts: notPlayed,
    find: notPlayed,
    submit: notPlayed,
    look: notPlayed,
    results: () => {
      throw new Error('not played');
    },
    cancel: notPlayed,
  },
  collect: notPlayed,
  tellAnswered: notPlayed,
  times: { windowSeconds: 1, pollSeconds: 1 },
};
