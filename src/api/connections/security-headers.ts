import { fastifyHelmet } from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** What browsers are told with every answer, also with a refusal: to guess nothing, to frame nothing, to send no address on. */
export async function registerSecurityHeaders(
  app: FastifyInstance,
  { usesTls }: { readonly usesTls: boolean },
): Promise<void> {
  await app.register(fastifyHelmet, {
    // Pages say themselves what they load; what is no page loads nothing.
    contentSecurityPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
    // Whether pages of other origins may read an answer is said by CORS, and pages that may do not have to be of our site.
    crossOriginResourcePolicy: false,
    strictTransportSecurity: usesTls,
  });
}
