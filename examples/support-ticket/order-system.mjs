/**
 * The order system of the example: orders, and refunds that are made once per idempotency key. It keeps what it did in a file.
 *
 *     node examples/support-ticket/order-system.mjs [FILE]
 *
 * listens where ORDERS_URL says, http://127.0.0.1:4050 otherwise.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const ORDERS = JSON.parse(readFileSync(new URL('orders.json', import.meta.url), 'utf8'));
const ORDERS_URL = process.env.ORDERS_URL ?? 'http://127.0.0.1:4050';

/** Resolves when it listens. Rejects where something else does. */
export async function startOrderSystem(file) {
  const books = new Books(file);
  const server = createServer((request, response) => {
    answer(books, request)
      .catch((error) => ({ status: 400, body: { error: error.message } }))
      .then(({ status = 200, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
  });
  const { hostname, port } = new URL(ORDERS_URL);
  server.listen(Number(port || 80), hostname);
  await once(server, 'listening');
  return { address: ORDERS_URL, close: () => server.close() };
}

async function answer(books, request) {
  const [, orders, number, action] = new URL(request.url, ORDERS_URL).pathname.split('/');
  if (orders !== 'orders') return { status: 404, body: { error: 'there are only /orders' } };
  const order = Object.hasOwn(ORDERS, number) ? ORDERS[number] : undefined;
  if (order === undefined) return { status: 404, body: { error: `there is no order ${number}` } };
  if (action === undefined) return { body: { number, ...order, refunds: books.refundsOf(number) } };
  if (action === 'refunds' && request.method === 'POST') return await refund(books, { number, ...order }, request);
  return { status: 404, body: { error: `an order has no "${action}"` } };
}

async function refund(books, { number, total }, request) {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return { status: 400, body: { error: 'a refund needs the header Idempotency-Key' } };
  const { amount, reason } = JSON.parse(await text(request));
  const made = books.refundWith(key);
  if (made !== undefined) return { body: made };
  const paidBack = books.refundsOf(number).reduce((sum, refund) => sum + cents(refund.amount), 0);
  const left = cents(total) - paidBack;
  if (!(amount > 0) || cents(amount) > left) {
    return { status: 422, body: { error: `at most ${left / 100} EUR of order ${number} can be paid back` } };
  }
  return { status: 201, body: books.add(key, { number, amount, reason, refundedAt: new Date().toISOString() }) };
}

function cents(amount) {
  return Math.round(amount * 100);
}

/** The refunds by idempotency key, in a file where there is one. */
class Books {
  #file;
  #refunds;

  constructor(file) {
    this.#file = file;
    this.#refunds = new Map(file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
  }

  refundWith(key) {
    return this.#refunds.get(key);
  }

  refundsOf(number) {
    return [...this.#refunds.values()].filter((refund) => refund.number === number);
  }

  add(key, refund) {
    this.#refunds.set(key, refund);
    if (this.#file !== undefined) {
      writeFileSync(`${this.#file}.new`, JSON.stringify([...this.#refunds], null, 2));
      renameSync(`${this.#file}.new`, this.#file);
    }
    return refund;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { address } = await startOrderSystem(process.argv[2]);
  console.log(`The order system listens at ${address}`);
}
