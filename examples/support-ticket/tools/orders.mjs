import { defineTool, ToolError } from 'circuit-breaker/tools';
import { z } from 'zod';

const ORDERS_URL = process.env.ORDERS_URL ?? 'http://127.0.0.1:4050';

export const lookupOrder = defineTool({
  name: 'lookup_order',
  description:
    'Finds an order by its number: who ordered, when, which items at which price, and what was paid back so far.',
  input: z.object({ number: z.string().describe('The number of the order, as in "1042"') }),
  idempotent: true,
  run: async ({ number }, { signal }) => await ask(`/orders/${encodeURIComponent(number)}`, { signal }),
});

export const refundOrder = defineTool({
  name: 'refund_order',
  description: 'Pays a part of an order back to the customer. A person looks at it before it happens.',
  input: z.object({
    number: z.string().describe('The number of the order'),
    amount: z.number().positive().describe('In EUR'),
    reason: z.string().describe('For the books, in one sentence'),
  }),
  // The order system does what has the same key only once.
  idempotent: true,
  needsApproval: true,
  run: async ({ number, ...refund }, { signal, idempotencyKey }) =>
    await ask(`/orders/${encodeURIComponent(number)}/refunds`, {
      signal,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(refund),
    }),
});

async function ask(path, options) {
  const response = await fetch(`${ORDERS_URL}${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new ToolError(answer.error ?? `the order system answered with ${response.status}`);
  return answer;
}
