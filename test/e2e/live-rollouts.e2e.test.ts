import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { modeFor } from '../../src/core/definitions/rollout.js';
import { createAgent, createToken, createWorkflow, graphql, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { inParallel } from '../support/in-parallel.js';
import type { SpawnedProcess } from '../support/spawned-process.js';

const TOKENS = 12;
const AT_ONCE = 4;
/** Those that live while the share grows. */
const SHARED = 150;
const MANY_AT_ONCE = 12;

const FIRE = `mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId token { place } } }`;
const SET = `mutation ($workflowId: String!, $transitionId: String, $mode: RolloutMode!, $percent: Float!) {
  setRollout(workflowId: $workflowId, transitionId: $transitionId, mode: $mode, percent: $percent) { mode percent }
}`;

interface Fired {
  readonly fireTransition: { readonly executionId: string | null; readonly token: { readonly place: string } };
}

describe('an agent that is brought into a live workflow', () => {
  let setting: Setting;
  let everything: SpawnedProcess;

  beforeAll(async () => {
    setting = await newPreparedSetting();
    everything = await startEverything(setting);
    await createAgent(setting.address, {
      id: 'judge',
      name: 'Judge',
      llmProvider: { type: 'mock', model: 'mock-1', options: { responses: ['bad'], delayMs: 0 } },
      prompts: { system: 'You judge.', userTemplate: 'Judge {input_data}' },
    });
  });
  afterAll(async () => {
    await everything.stop();
    await setting.remove();
  });

  const set = (workflowId: string, mode: string, percent = 100) =>
    graphql(setting.address, SET, { workflowId, transitionId: 'judge', mode, percent });

  async function fire(tokenId: string, transitionId: string): Promise<Fired['fireTransition']> {
    const input = { tokenId, transitionId };
    return (await graphql<Fired>(setting.address, FIRE, { input })).fireTransition;
  }

  async function newTokens(workflowId: string, name = workflowId): Promise<readonly string[]> {
    const ids = Array.from({ length: TOKENS }, (_, number) => `${name}-${number}`);
    await inParallel(AT_ONCE, ids, async (id) => {
      await createToken(setting.address, { id, workflowId });
    });
    return ids;
  }

  const agentExecution = { agentId: 'judge', required: false, outputMapping: { 'data.verdict': 'response' } };

  it(`runs for exactly the tokens of its share, of ${SHARED} that live, and none changes sides`, async () => {
    await createWorkflow(setting.address, {
      id: 'round',
      name: 'Round',
      places: ['here', 'gone'],
      initialPlace: 'here',
      transitions: [
        { id: 'judge', fromPlaces: ['here'], toPlace: 'here', agentExecution },
        { id: 'leave', fromPlaces: ['here'], toPlace: 'gone' },
      ],
    });
    // Before they are there: each begins with what holds then.
    await set('round', 'on', 0);
    const ids = Array.from({ length: SHARED }, (_, number) => `round-${number}`);
    await inParallel(MANY_AT_ONCE, ids, async (id) => {
      await createToken(setting.address, { id, workflowId: 'round' });
    });
    let ran = 0;
    for (const percent of [0, 10, 100]) {
      await set('round', 'on', percent);
      await inParallel(MANY_AT_ONCE, ids, async (id) => {
        const isOn = modeFor({ mode: 'on', percent }, id) === 'on';
        // A token that was told looks up what holds: until then it does as it did.
        const executionId = await eventually(async () => {
          const fired = await fire(id, 'judge');
          if (isOn && fired.executionId === null) throw new Error('it has not heard yet');
          return fired.executionId;
        });
        if (!isOn) expect(executionId).toBeNull();
        if (executionId !== null) ran += 1;
        expect((await settledToken(setting.address, id)).incident).toBeNull();
      });
      const { agentExecutions } = await graphql<{ agentExecutions: { nodes: readonly { tokenId: string }[] } }>(
        setting.address,
        `
          {
            agentExecutions(workflowId: "round", first: 200) {
              nodes {
                tokenId
              }
            }
          }
        `,
      );
      const within = new Set(ids.filter((id) => modeFor({ mode: 'on', percent }, id) === 'on'));
      expect(new Set(agentExecutions.nodes.map(({ tokenId }) => tokenId))).toEqual(within);
      expect(agentExecutions.nodes).toHaveLength(ran);
    }
    const { rolloutReport } = await graphql<{ rolloutReport: object }>(
      setting.address,
      `
        {
          rolloutReport(workflowId: "round", transitionId: "judge", since: "2000-01-01T00:00:00Z") {
            on {
              completed
            }
            shadow {
              executions
            }
          }
        }
      `,
    );
    expect(rolloutReport).toEqual({ on: { completed: ran }, shadow: { executions: 0 } });
  });

  it('in the shadow moves nothing, and the report tells what it would have moved elsewhere', async () => {
    await createWorkflow(setting.address, {
      id: 'shadowed',
      name: 'Shadowed',
      places: ['new', 'judged', 'bad', 'good'],
      initialPlace: 'new',
      transitions: [
        { id: 'judge', fromPlaces: ['new'], toPlace: 'judged', agentExecution },
        { id: 'drop', fromPlaces: ['judged'], toPlace: 'bad', trigger: 'automatic', when: 'data.verdict == "bad"' },
        { id: 'keep', fromPlaces: ['judged'], toPlace: 'good' },
      ].map(({ when, ...rest }: { id: string; when?: string }) => ({
        ...rest,
        ...(when === undefined ? {} : { rules: [{ type: 'Expression', expression: when }] }),
      })),
    });
    await set('shadowed', 'shadow');
    const ids = await newTokens('shadowed');
    await inParallel(AT_ONCE, ids, async (id) => {
      expect(await fire(id, 'judge')).toEqual({ executionId: null, token: { place: 'judged' } });
    });
    await inParallel(AT_ONCE, ids, async (id) => {
      expect(await fire(id, 'keep')).toMatchObject({ token: { place: 'good' } });
    });
    await eventually(async () => {
      const { rolloutReport } = await graphql<{ rolloutReport: object }>(
        setting.address,
        `
          {
            rolloutReport(workflowId: "shadowed", transitionId: "judge") {
              rollout {
                mode
              }
              compared
              elsewhere
              undecided
              examples {
                path
                happened
              }
              shadow {
                completed
              }
              on {
                executions
              }
            }
          }
        `,
      );
      expect(rolloutReport).toMatchObject({
        rollout: { mode: 'shadow' },
        compared: TOKENS,
        elsewhere: TOKENS,
        undecided: 0,
        shadow: { completed: TOKENS },
        on: { executions: 0 },
      });
      const { examples } = rolloutReport as { examples: readonly object[] };
      expect(examples[0]).toEqual({ path: ['judged', 'bad'], happened: ['judged', 'good'] });
    });
    const { agentExecutions } = await graphql<{ agentExecutions: { nodes: readonly object[] } }>(
      setting.address,
      '{ agentExecutions(workflowId: "shadowed", first: 1) { nodes { shadow status finalResponse } } }',
    );
    expect(agentExecutions.nodes).toEqual([{ shadow: true, status: 'COMPLETED', finalResponse: 'bad' }]);
  });

  it('that is off and required refuses, and who asks what can be fired is told', async () => {
    await createWorkflow(setting.address, {
      id: 'strict',
      name: 'Strict',
      places: ['new', 'judged'],
      initialPlace: 'new',
      transitions: [
        { id: 'judge', fromPlaces: ['new'], toPlace: 'judged', agentExecution: { ...agentExecution, required: true } },
      ],
    });
    await set('strict', 'off');
    const id = await createToken(setting.address, { workflowId: 'strict' });
    await expect(fire(id, 'judge')).rejects.toThrow('TRANSITION_REFUSED');
    const { token } = await graphql<{ token: { transitions: readonly object[] } }>(
      setting.address,
      'query ($id: String!) { token(id: $id) { transitions { canFire blockers { code } } } }',
      { id },
    );
    expect(token.transitions).toEqual([{ canFire: false, blockers: [{ code: 'AGENT_OFF' }] }]);
    await set('strict', 'on');
    // It lives, was told, and looks up what holds.
    await eventually(async () => {
      expect((await fire(id, 'judge')).executionId).not.toBeNull();
    });
  });
});
