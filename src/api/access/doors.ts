import type { Right } from '../../core/access/right.js';

/**
 * What it takes to use each address of the API. `open`: nothing. `judged`: to be let in; what may be done there is judged field by
 * field. `ide`: nothing where the IDE is served to anybody; else it is not there.
 */
export type Door = Right | 'open' | 'judged' | 'ide';

const read: Right = { role: 'read' };
/** What Temporal stores is of all workflows, and so is all else together. */
const everything: Right = { role: 'administer', unlimited: true };

/** To the stream of an execution. */
export const STREAM_DOOR: Right = { role: 'read', ticketFor: 'executionId' };

/** By the route, as it is registered. One without a row keeps the API from starting. */
export const DOORS: Readonly<Record<string, Door>> = {
  '/': read,
  '/front-page.css': 'open',
  '/guides/:name': read,
  '/health/live': 'open',
  '/health/ready': 'open',
  '/graphql': 'judged',
  '/graphiql': 'ide',
  '/graphiql/': 'ide',
  '/graphiql/*': 'ide',
  '/agent-stream/*': STREAM_DOOR,
  '/codec/decode': everything,
  '/codec/encode': everything,
  '/backup': everything,
  // What browsers ask before they ask, and answered by that plugin alone.
  '*': 'open',
};
