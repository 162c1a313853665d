import { connect } from '@nats-io/transport-node';

const SERVER_URL = process.env['TEST_NATS_URL'] ?? 'nats://127.0.0.1:4222';

/** Keeps test files that run side by side apart. */
export function testNatsUrl(stream: string): string {
  return `${SERVER_URL}/${stream}`;
}

/** Whether tests on NATS can run. With CI=true they must: then they fail instead of being skipped. */
export async function canTestNats(): Promise<boolean> {
  try {
    const connection = await connect({ servers: SERVER_URL, timeout: 30_000, maxReconnectAttempts: 0 });
    await connection.close();
    return true;
  } catch {
    if (process.env['CI'] === 'true') return true;
    console.warn('Skipped: no NATS at its standard port (set TEST_NATS_URL where it is elsewhere).');
    return false;
  }
}
