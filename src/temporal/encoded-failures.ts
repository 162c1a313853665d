import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts the message and the stack of a failure into a payload, which a codec can encrypt. A module of its own, under this name: the
 * SDK's worker loads it by its path. What workflows fail with is `workflows/failure-converter`.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
