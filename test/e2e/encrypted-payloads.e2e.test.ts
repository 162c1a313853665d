import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createAgent, createToken, createWorkflow, execution, fire, settledToken } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { newPreparedSetting, startEverything, type Setting } from '../support/everything.js';
import { StreamViewer } from '../support/stream-viewer.js';
import { temporalFilesWith } from '../support/temporal-files.js';

const DOCUMENT = 'planted-document: the merger is on Friday';
const LATER = 'planted-later: and the price is known';
const ACCESS_TOKEN = 'planted-access-token-0123456789';
const aKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

const AGENT = {
  id: 'reader',
  name: 'Reader',
  prompts: { system: `You keep to yourself: ${DOCUMENT}`, userTemplate: '{text}' },
};
const WORKFLOW = {
  id: 'reading',
  name: 'Reading',
  places: ['asked', 'seen', 'read'],
  initialPlace: 'asked',
  transitions: [
    { id: 'see', fromPlaces: ['asked'], toPlace: 'seen' },
    {
      id: 'read',
      fromPlaces: ['seen'],
      toPlace: 'read',
      agentExecution: {
        agentId: 'reader',
        inputMapping: { text: 'data.text' },
        outputMapping: { 'data.answer': 'response' },
      },
    },
    { id: 'never', fromPlaces: ['asked'], toPlace: 'read', conditions: ['is_other'] },
  ],
  rules: { is_other: { type: 'FieldEquals', field: 'data.text', value: `not ${DOCUMENT}` } },
};
const scripted = (responses: readonly string[], delayMs = 0) => ({
  llmProvider: { type: 'mock', model: 'mock-1', options: { delayMs, responses } },
});

const filesWith = ({ environment }: Setting, texts: readonly string[]) =>
  temporalFilesWith(environment['DATA_DIR'] ?? '', texts);

describe('a document', () => {
  it.each([
    ['nowhere in the database of Temporal, with keys', { PAYLOAD_ENCRYPTION_KEYS: aKey('k1') }, false],
    ['found there by this test, without', {}, true],
  ])('is %s', async (_where, keys, isFound) => {
    const setting = await newPreparedSetting({ LOG_LEVEL: 'info', ...keys });
    const everything = await startEverything(setting);
    await createAgent(setting.address, { ...AGENT, ...scripted([`So: ${DOCUMENT}`]) });
    await createWorkflow(setting.address, WORKFLOW);
    const tokenId = await createToken(setting.address, { workflowId: 'reading', data: { text: DOCUMENT } });
    await expect(fire(setting.address, { tokenId, transitionId: 'never' })).rejects.toThrow('TRANSITION_REFUSED');
    await fire(setting.address, { tokenId, transitionId: 'see', data: { note: DOCUMENT } });
    await fire(setting.address, { tokenId, transitionId: 'read' });
    expect(await settledToken(setting.address, tokenId)).toMatchObject({ place: 'read', status: 'COMPLETED' });
    const whileItRuns = await filesWith(setting, [DOCUMENT]);
    await everything.stop();
    const afterwards = await filesWith(setting, [DOCUMENT]);
    expect([whileItRuns.length > 0, afterwards.length > 0]).toEqual([isFound, isFound]);
    expect(everything.output).not.toContain('planted-document');
    await setting.remove();
  });
});

describe('tokens that began without keys', () => {
  it(
    'go on when there are some, when their worker is killed, and when another key takes the place of the first',
    { tags: 'worker-killed' },
    async () => {
      const [k1, k2] = [aKey('k1'), aKey('k2')];
      const setting = await newPreparedSetting({ LOG_LEVEL: 'info' });
      const withKeys = (...keys: readonly string[]) => ({
        ...setting,
        environment: { ...setting.environment, PAYLOAD_ENCRYPTION_KEYS: keys.join(',') },
      });
      const text = 'word '.repeat(200).trim();
      let everything = await startEverything(setting);
      await createAgent(setting.address, { ...AGENT, ...scripted([text], 15) });
      await createWorkflow(setting.address, WORKFLOW);
      const tokenId = await createToken(setting.address, { workflowId: 'reading', data: { text: 'in clear' } });
      await everything.stop();

      everything = await startEverything(withKeys(k1));
      await fire(setting.address, { tokenId, transitionId: 'see', data: { text: LATER } });
      const executionId = await fire(setting.address, { tokenId, transitionId: 'read' });
      const viewer = new StreamViewer();
      const watching = viewer.watch(setting.address, executionId);
      await viewer.sawChunks(3);
      await everything.kill();
      await watching;

      everything = await startEverything(withKeys(k2, k1));
      expect(await viewer.watch(setting.address, executionId)).toBe(1000);
      expect(await execution(setting.address, executionId)).toMatchObject({ status: 'COMPLETED', finalResponse: text });
      await eventually(async () => {
        const token = await settledToken(setting.address, tokenId);
        expect(token).toMatchObject({ place: 'read', status: 'COMPLETED', data: { answer: text } });
      });
      expect(viewer.text).toBe(text);
      // Its definition was loaded before.
      expect(await filesWith(setting, [DOCUMENT])).not.toEqual([]);
      expect(await filesWith(setting, [LATER])).toEqual([]);
      await everything.stop();
      await setting.remove();
    },
  );
});

describe('a token of a caller', () => {
  it('is nowhere in what Temporal keeps, in the log, or in an answer', async () => {
    const locked = { AGENT_ACCESS_TOKEN: ACCESS_TOKEN, PAYLOAD_ENCRYPTION_KEYS: aKey('k1') };
    const setting = await newPreparedSetting({ LOG_LEVEL: 'info', ...locked });
    const everything = await startEverything(setting);
    const answers = await Promise.all(
      [`Bearer ${ACCESS_TOKEN}`, ACCESS_TOKEN, `Bearer ${ACCESS_TOKEN}x`].map(async (authorization) => {
        const query = `mutation { createToken(input: {workflowId: "none", data: {by: "me"}}) { id } }`;
        const headers = { authorization, 'content-type': 'application/json' };
        const answer = await fetch(`${setting.address}/graphql`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ query }),
        });
        return await answer.text();
      }),
    );
    expect(answers.map((answer) => /"code":"(\w+)"/.exec(answer)?.[1])).toEqual([
      'NOT_FOUND',
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
    ]);
    await everything.stop();
    expect(await filesWith(setting, [ACCESS_TOKEN])).toEqual([]);
    const key = locked.PAYLOAD_ENCRYPTION_KEYS.slice('k1:'.length);
    for (const said of [...answers, everything.output]) {
      expect(said).not.toContain(ACCESS_TOKEN);
      expect(said).not.toContain(key);
    }
    await setting.remove();
  });
});
