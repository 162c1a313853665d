import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { fastifyStatic } from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/**
 * Scripts, workers and fonts from here only, and no connection to anywhere else. Styles may be written into the page: the
 * editor makes its own as one types. Nobody may frame it.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT =
  'The GraphQL IDE has not been built here: `npm run build` makes it. Queries go to /graphql all the same.\n';

/**
 * GraphiQL with the document review ready in tabs, at `/graphiql`, as it was built into `folder`: without any other host.
 * It may be built while this runs.
 */
export async function registerGraphiqlPage(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    prefix: '/graphiql/',
    index: false,
    cacheControl: false,
    suppressWarning: true,
    setHeaders: (reply) => {
      // A new version of the program has new scripts under the same names.
      void reply.header('cache-control', 'no-cache');
    },
  });
  app.get('/graphiql/', (_request, reply) => reply.redirect('../graphiql', 308));
  app.get('/graphiql', (_request, reply) => {
    if (!existsSync(join(folder, 'index.html')))
      return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
    return reply.headers({ 'content-security-policy': POLICY }).sendFile('index.html');
  });
}
