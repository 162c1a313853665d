import type { TestedToken } from './run-workflow.js';

interface Match {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend` of vitest or Jest. */
export const tokenMatchers = {
  /** Whether a token has come to a place. What it says otherwise has the whole path. */
  toBeIn(token: TestedToken, place: string): Match {
    const { place: found, path } = token;
    return {
      pass: found === place,
      message: () =>
        found === place
          ? `The token is in ${place}, where it is not to be:\n${path}`
          : `The token is in ${found}, and is to be in ${place}:\n${path}`,
    };
  },
};
