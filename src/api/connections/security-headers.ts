import { fastifyHelmet } from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** Of what is no page. Pages say themselves what they load. */
const NOTHING = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** What browsers are told with every answer, also with a refusal: to guess nothing, to frame nothing, to send no address on. */
export async function registerSecurityHeaders(
  app: FastifyInstance,
  { usesTls }: { readonly usesTls: boolean },
): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives: NOTHING },
    referrerPolicy: { policy: 'same-origin' },
    // Whether pages of other origins may read an answer is said by CORS, and pages that may do not have to be of our site.
    crossOriginResourcePolicy: false,
    strictTransportSecurity: usesTls,
  });
}
