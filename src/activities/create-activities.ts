import { activityFailure } from '../contract/failures.js';
import type { Activities } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';
import { adoptExecution } from './adopt-execution.js';
import { whileBeating } from './attempt-heartbeat.js';
import { claimBatch } from './claim-batch.js';
import { collectBatch } from './collect-batch.js';
import { checkArguments } from './check-arguments.js';
import { continueConversation } from './continue-conversation.js';
import { continueWithResults } from './continue-with-results.js';
import { failBatch } from './tell-batch.js';
import { invokeModel } from './invoke-model.js';
import { joinBatch, leaveBatch } from './join-batch.js';
import { loadDefinition, reloadDefinition } from './load-definition.js';
import { prepareAgent } from './prepare-agent.js';
import { recordApproval } from './record-approval.js';
import { recordExecution } from './record-execution.js';
import { recordToken } from './record-token.js';
import { runTool } from './run-tool.js';
import { submitBatch } from './submit-batch.js';
import { ToldTroubles } from './told-troubles.js';

/** The activities over the parts of one worker process. */
export function createActivities(parts: ActivityParts): Activities {
  const troubles = new ToldTroubles();
  return {
    loadDefinition: failingAsTemporalDoes((request) => loadDefinition(parts, request)),
    reloadDefinition: failingAsTemporalDoes((request) => reloadDefinition(parts, request)),
    recordToken: failingAsTemporalDoes((record) => recordToken(parts, record)),
    prepareAgent: failingAsTemporalDoes((request) => prepareAgent(parts, request)),
    invokeModel: failingAsTemporalDoes((call) => invokeModel(parts, call)),
    continueConversation: failingAsTemporalDoes((more) => continueConversation(parts, more)),
    runTool: failingAsTemporalDoes((run) => runTool(parts, run)),
    checkArguments: failingAsTemporalDoes((given) => checkArguments(parts, given)),
    recordApproval: failingAsTemporalDoes((record) => recordApproval(parts, record)),
    continueWithResults: failingAsTemporalDoes((turn) => continueWithResults(parts, turn)),
    recordExecution: failingAsTemporalDoes((ended) => recordExecution(parts, ended)),
    joinBatch: failingAsTemporalDoes((call) => joinBatch(parts, call)),
    leaveBatch: failingAsTemporalDoes((place) => whileBeating(() => leaveBatch(parts, place))),
    claimBatch: failingAsTemporalDoes((batch) => whileBeating(() => claimBatch(parts, batch))),
    submitBatch: failingAsTemporalDoes((batch) => submitBatch(parts, batch)),
    collectBatch: failingAsTemporalDoes((batch) => collectBatch(parts, batch, troubles)),
    failBatch: failingAsTemporalDoes((batch) => whileBeating(() => failBatch(parts, batch))),
    adoptExecution: failingAsTemporalDoes((request) => adoptExecution(parts, request)),
  };
}

function failingAsTemporalDoes<Input, Output>(activity: (input: Input) => Promise<Output>) {
  return async (input: Input): Promise<Output> => {
    try {
      return await activity(input);
    } catch (error) {
      throw activityFailure(error);
    }
  };
}
