import { GraphQLError } from 'graphql';
import { describe, expect, expectTypeOf, it } from 'vitest';

import { graphqlError } from '../../src/api/error-response.js';
import { isApiError, type ApiErrorCode, type ApiErrorFacts, type ApiProblem } from '../../src/client/index.js';
import type { ErrorCode } from '../../src/core/codes.js';
import { CircuitBreakerError, type ErrorFacts } from '../../src/core/errors.js';

const problems = [{ code: 'REQUIRED', pointer: '/name', message: 'A name is needed.' }] as const;
const request = { id: 'r1', log: { error: () => undefined } };

describe('an error of the API, as its clients see it', () => {
  it('is told from others by its code, and has its facts', () => {
    const originalError = new CircuitBreakerError('VALIDATION_FAILED', 'It is not valid.', { problems });
    const { extensions }: { readonly extensions: unknown } = graphqlError(
      new GraphQLError('', { originalError }),
      request,
    );
    expect(isApiError(extensions) && extensions.code === 'VALIDATION_FAILED' && extensions.problems).toEqual(problems);
  });

  it.each([undefined, null, 'NOT_FOUND', {}, { code: 404 }])('is not %j', (extensions) => {
    expect(isApiError(extensions)).toBe(false);
  });

  it('may have a code that only a newer server knows', () => {
    expect(isApiError({ code: 'NOT_YET_INVENTED' })).toBe(true);
    expectTypeOf<'NOT_YET_INVENTED'>().toExtend<ApiErrorCode>();
    expectTypeOf<'NOT_YET_INVENTED'>().toExtend<ApiProblem['code']>();
    expectTypeOf<ErrorCode>().toExtend<ApiErrorCode>();
    expectTypeOf<ErrorFacts & { readonly code: ErrorCode }>().toExtend<ApiErrorFacts>();
  });
});
