import type { FastifyInstance } from 'fastify';

import { validationFailed } from '../../core/errors.js';
import { hiddenInexactInteger } from '../../core/json/inexact-integer.js';
import { shorten } from '../../core/json/preview.js';

/**
 * Refuses bodies with a whole number that loses its last digits so that nothing is to be seen of it once JSON has been read, such
 * as 100000000000000000001. The others are found by their values, each with its place.
 */
export function refuseInexactBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    const lost = hiddenInexactInteger(body);
    if (lost === undefined) void parse(request, body, done);
    else done(inexact(lost), undefined);
  });
}

function inexact(number: string): Error {
  const message = `the number ${shorten(number)} would lose digits: send it as text`;
  return validationFailed('The GraphQL request', [{ code: 'NUMBER_INEXACT', pointer: '', message }]);
}
