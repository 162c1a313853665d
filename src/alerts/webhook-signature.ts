import { createHmac } from 'node:crypto';

interface Signed {
  readonly id: string;
  /** When it is sent, in milliseconds since 1970. */
  readonly atMs: number;
  /** As it goes over the network. */
  readonly body: string;
}

/** The headers by which a receiver knows who sent a message, that it is whole, and whether it came before: those of Standard Webhooks. */
export function signatureHeaders({ id, atMs, body }: Signed, key: Uint8Array): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
