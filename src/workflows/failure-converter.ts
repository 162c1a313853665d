import { DefaultFailureConverter } from '@temporalio/common';

/** The worker sets it in front of the bundle where payloads are encrypted: here nothing is known of the environment. */
const ENCODES_FAILURES = 'circuitBreakerEncodesFailures';

/** For the bundle of the workflows, which finds it by this name: where payloads are encrypted, so is what a failure says. */
export const failureConverter = new DefaultFailureConverter({
  encodeCommonAttributes: ENCODES_FAILURES in globalThis,
});
