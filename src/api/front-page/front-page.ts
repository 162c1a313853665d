import { readFileSync } from 'node:fs';

import type { FastifyInstance } from 'fastify';

import { CircuitBreakerError } from '../../core/errors.js';
import { callerOf } from '../access/admit-requests.js';
import type { ApiParts } from '../api-parts.js';
import { lookout } from './look-around.js';
import { pageHtml } from './page-html.js';
import { pageJson } from './page-json.js';
import { pageText } from './page-text.js';
import { preferredType } from './preferred-type.js';

const STYLE = readFileSync(new URL('front-page.css', import.meta.url), 'utf8');

/** Nothing but our own stylesheet, and nobody may frame it. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What one sees first: what runs here, where to go from here, the newest tokens. For browsers, programs and terminals. */
export function registerFrontPage(app: FastifyInstance, parts: ApiParts): void {
  const { facts } = parts;
  const lookAround = lookout(parts);
  app.get('/', async (request, reply) => {
    const type = preferredType(request.headers.accept ?? '', ['text/plain', 'text/html', 'application/json']);
    const surroundings = await lookAround(callerOf(request));
    void reply.headers({ vary: 'accept', 'cache-control': 'no-store' });
    switch (type) {
      case 'text/html':
        return await reply
          .headers({ 'content-security-policy': POLICY })
          .type('text/html; charset=utf-8')
          .send(pageHtml(facts, surroundings));
      case 'application/json':
        return await reply.send(pageJson(facts, surroundings));
      case 'text/plain':
        return await reply.type('text/plain; charset=utf-8').send(pageText(facts, surroundings));
    }
  });
  app.get('/front-page.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
  const guides = new Map(facts.guides.map(({ name, text }) => [name, text]));
  app.get<{ Params: { name: string } }>('/guides/:name', (request, reply) => {
    const text = guides.get(request.params.name);
    if (text === undefined) throw new CircuitBreakerError('NOT_FOUND', 'There is nothing at this address.');
    return reply.type('text/plain; charset=utf-8').send(text);
  });
}
