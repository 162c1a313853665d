import { defineTool, ToolError } from 'circuit-breaker/tools';
import { z } from 'zod';

interface Order {
  readonly customer: string;
  readonly items: readonly { readonly name: string; readonly price: number }[];
  readonly paid: number;
  readonly refunds: { readonly key: string; readonly amount: number }[];
}

/** In place of a shop's own system. */
const orders = new Map<string, Order>([
  ['4711', { customer: 'Ann', items: [{ name: 'pan', price: 39 }], paid: 39, refunds: [] }],
]);

function orderOf(number: string): Order {
  const order = orders.get(number);
  if (order === undefined) throw new ToolError(`There is no order ${number}.`);
  return order;
}

export const lookupOrder = defineTool({
  name: 'lookup_order',
  description: 'Finds an order by its number. Call it before you say anything about an order.',
  input: z.object({ number: z.string().describe('As in "4711"') }),
  idempotent: true,
  run: ({ number }) => orderOf(number),
});

export const refundOrder = defineTool({
  name: 'refund_order',
  description: 'Pays a part of an order back to the customer. A person looks at it before it happens.',
  input: z.object({ number: z.string(), amount: z.number().positive() }),
  // The same key again is the same refund.
  idempotent: true,
  needsApproval: true,
  run: ({ number, amount }, { idempotencyKey }) => {
    const order = orderOf(number);
    if (!order.refunds.some(({ key }) => key === idempotencyKey)) order.refunds.push({ key: idempotencyKey, amount });
    return { number, refunded: order.refunds.reduce((sum, refund) => sum + refund.amount, 0) };
  },
});
