import { proxyActivities } from '@temporalio/workflow';

/** Calls one activity whose heartbeat is not missed as long as a test lasts. */
export async function oneCall(): Promise<number> {
  const { call } = proxyActivities<{ call(): Promise<number> }>({
    startToCloseTimeout: '1h',
    heartbeatTimeout: '1h',
    retry: { initialInterval: '1h' },
  });
  return await call();
}
