import { afterAll, beforeAll, describe } from 'vitest';

import type { Storage } from '../../../src/storage/storage.js';
import { agentStoreContract } from './agent-store.js';
import { alertStoreContract } from './alert-store.js';
import { answerCacheStoreContract } from './answer-cache-store.js';
import { auditStoreContract } from './audit-store.js';
import { breakerStoreContract } from './breaker-store.js';
import { budgetStoreContract } from './budget-store.js';
import { batchStoreContract } from './batch-store.js';
import { conversationStoreContract } from './conversation-store.js';
import { definitionStoreContract } from './definition-store.js';
import { deletionContract } from './deletion.js';
import { executionStoreContract } from './execution-store.js';
import { limitedStorageContract } from './limited-storage.js';
import { rolloutStoreContract } from './rollout-store.js';
import { placeAgentStoreContract } from './place-agent-store.js';
import { providerKeyStoreContract } from './provider-key-store.js';
import { readingManyContract } from './reading-many.js';
import { temporalHomeStoreContract } from './temporal-home-store.js';
import { tokenStoreContract } from './token-store.js';
import { toolStoreContract } from './tool-store.js';
import { workflowStoreContract } from './workflow-store.js';

export interface OpenForTest {
  readonly storage: Storage;
  close(): Promise<void>;
}

/** What every storage backend keeps; the ids of each test are its own, so that one database serves them all. */
export function storageContract(name: string, open: () => Promise<OpenForTest>): void {
  describe(`storage on ${name}`, () => {
    let opened: OpenForTest;
    const storage = () => opened.storage;

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened.close();
    });

    agentStoreContract(() => storage().agents);
    alertStoreContract(storage);
    workflowStoreContract(storage);
    batchStoreContract(() => storage().batches);
    conversationStoreContract(() => storage().conversations);
    executionStoreContract(() => storage().executions);
    definitionStoreContract(storage);
    placeAgentStoreContract(() => storage().placeAgents);
    rolloutStoreContract(storage);
    providerKeyStoreContract(() => storage().providerKeys);
    temporalHomeStoreContract(() => storage().temporalHome);
    tokenStoreContract(storage);
    toolStoreContract(storage);
    limitedStorageContract(storage);
    readingManyContract(storage);
    answerCacheStoreContract(storage);
    auditStoreContract(storage);
    breakerStoreContract(() => storage().breakers);
    deletionContract(storage);
    budgetStoreContract(storage);
  });
}
