import type { FastifyInstance } from 'fastify';

import { validationFailed, type CircuitBreakerError } from '../../../core/errors.js';
import { hiddenInexactInteger } from '../../../core/json/inexact-integer.js';
import { shorten } from '../../../core/json/preview.js';

/**
 * The refusal (`NUMBER_INEXACT`) of a text of JSON with a whole number that loses its last digits so that nothing is to be seen
 * of it once it has been read, such as 100000000000000000001. The others are found by their values, each with its place.
 */
export function inexactNumberIn(json: string): CircuitBreakerError | undefined {
  const lost = hiddenInexactInteger(json);
  if (lost === undefined) return undefined;
  const message = `the number ${shorten(lost)} would lose digits: send it as text`;
  return validationFailed('The GraphQL request', [{ code: 'NUMBER_INEXACT', pointer: '', message }]);
}

/** Refuses bodies with such a number. */
export function refuseInexactBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    const refusal = inexactNumberIn(body);
    if (refusal === undefined) void parse(request, body, done);
    else done(refusal, undefined);
  });
}
