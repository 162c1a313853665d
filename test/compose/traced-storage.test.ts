import { SpanKind } from '@opentelemetry/api';
import { beforeEach, describe, expect, it } from 'vitest';

import { tracedStorage } from '../../src/compose/traced-storage.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import { openStorage } from '../../src/storage/open-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { anAgent, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { traced, untraced } from '../support/traces.js';

const REQUEST = { name: 'request', kind: SpanKind.SERVER };

let plain: Storage;
beforeEach(async () => {
  ({ storage: plain } = await openStorage('memory:', { logger: new MemoryLogger() }));
});

describe('a storage that is traced', () => {
  it('does what the plain one does, and what is asked of it hangs from what asks', async () => {
    const { traces, spans } = traced();
    const storage = tracedStorage(plain, 'memory:', traces);
    await traces.part(REQUEST, async () => {
      await storage.agents.create('reviewer', anAgent(), NOW);
      expect(await storage.agents.get('reviewer')).toEqual(await plain.agents.get('reviewer'));
    });
    const [request, ...asked] = spans;
    expect(asked.map(({ name }) => name)).toEqual(['create agents', 'get agents']);
    for (const span of asked) {
      expect(span).toMatchObject({ kind: SpanKind.CLIENT, parentSpanId: request?.spanId, traceId: request?.traceId });
      expect(span.startMs).toBeGreaterThanOrEqual(request?.startMs ?? Infinity);
      expect(span.endMs).toBeLessThanOrEqual(request?.endMs ?? 0);
    }
  });

  it.each([
    ['postgres://user:secret@host/db', 'postgresql'],
    ['postgresql://host/db', 'postgresql'],
    ['pglite:/data', 'postgresql'],
    ['redis://host', 'redis'],
    ['rediss://host', 'redis'],
    ['nats://host', 'nats'],
  ])('is called as OpenTelemetry calls it, and nothing else of its address is told: %s', async (url, system) => {
    const { traces, spans } = traced();
    const storage = tracedStorage(plain, url, traces);
    await traces.part(REQUEST, () => storage.executions.get('e1'));
    expect(spans[1]?.attributes).toEqual({
      'db.system.name': system,
      'db.operation.name': 'get',
      'db.collection.name': 'executions',
    });
    expect(JSON.stringify(spans)).not.toMatch(/secret|host/);
  });

  it('tells the code of what fails, and nothing of what it was asked with', async () => {
    const { traces, spans } = traced();
    const storage = tracedStorage(plain, 'memory:', traces);
    const execution = pendingExecution({ executionId: 'of-one', agentId: 'a', input: { secret: 'a secret' } }, NOW);
    await traces.part(REQUEST, async () => {
      await storage.executions.create(execution);
      await expect(storage.executions.update('of-another', { status: 'COMPLETED' })).rejects.toThrow();
    });
    expect(spans.map(({ name, error }) => [name, error])).toEqual([
      ['request', undefined],
      ['create executions', undefined],
      ['update executions', 'NOT_FOUND'],
    ]);
    expect(JSON.stringify(spans)).not.toMatch(/a secret|of-one|of-another/);
  });

  it('tells of nothing where nobody who is traced asks, and is the plain one where there are no traces', async () => {
    const { traces, spans } = traced();
    await tracedStorage(plain, 'memory:', traces).agents.get('reviewer');
    expect(spans).toEqual([]);
    expect(tracedStorage(plain, 'memory:', untraced)).toBe(plain);
  });

  it('has the same stores and the same methods whenever they are looked at', () => {
    const storage = tracedStorage(plain, 'memory:', traced().traces);
    expect(storage.agents).toBe(storage.agents);
    expect(Reflect.get(storage.agents, 'get')).toBe(Reflect.get(storage.agents, 'get'));
    expect(storage.presence).toBe(plain.presence);
  });
});
