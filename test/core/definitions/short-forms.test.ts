import { describe, expect, it } from 'vitest';

import { secondsOf } from '../../../src/core/definitions/duration.js';
import { expandAgent, expandWorkflow } from '../../../src/core/definitions/short-forms.js';

describe('a duration', () => {
  it.each([
    ['30s', 30],
    ['5m', 300],
    ['1h30m', 5400],
    ['2d', 172_800],
    ['1d2h3m4s', 93_784],
    ['0.5s', 0.5],
    ['1.5h', 5400],
    ['0.1s', 0.1],
    ['0s', 0],
  ])('%s is %d seconds', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it.each(['', '5', '5 m', '5min', 'm', '30m1h', '-5m', '5m5m', 'PT5M', '1e3s', `${'9'.repeat(400)}s`])(
    '%j is none',
    (text) => {
      expect(secondsOf(text)).toBeUndefined();
    },
  );
});

describe('short forms', () => {
  it('become rules and seconds wherever a workflow has those, and say where they were written', () => {
    const { input, written, problems } = expandWorkflow({
      rules: { high: { when: 'data.a > 1', description: 'High.' } },
      transitions: [
        {
          when: 'data.b',
          rules: [{ type: 'Not', rule: { when: 'data.c' } }],
          agentExecution: { timeoutSeconds: '5m', retryConfig: { backoffSeconds: '10s' } },
        },
      ],
      placeAgents: [{ triggerConditions: [{ when: 'data.d' }], schedule: { intervalSeconds: '1h' } }],
    });
    const expression = (text: string) => ({ type: 'Expression', expression: text });
    expect(input).toEqual({
      rules: { high: { ...expression('data.a > 1'), description: 'High.' } },
      transitions: [
        {
          rules: [{ type: 'Not', rule: expression('data.c') }, expression('data.b')],
          agentExecution: { timeoutSeconds: 300, retryConfig: { backoffSeconds: 10 } },
        },
      ],
      placeAgents: [{ triggerConditions: [expression('data.d')], schedule: { intervalSeconds: 3600 } }],
    });
    expect(written.get('/transitions/0/rules/1')).toBe('/transitions/0/when');
    expect(written.get('/transitions/0/rules/0/rule/expression')).toBe('/transitions/0/rules/0/rule/when');
    expect(problems).toEqual([]);
  });

  it('are nothing where a text merely has such a name', () => {
    const workflow = {
      transitions: [{ agentExecution: { inputMapping: { when: 'data.x', timeoutSeconds: 'data.y' } } }],
      rules: { when: { type: 'FieldEquals', field: 'data.x', value: { when: '5m' } } },
    };
    expect(expandWorkflow(workflow).input).toEqual(workflow);
    const agent = { outputSchema: { properties: { approvalTimeoutSeconds: { const: '5m' } } } };
    expect(expandAgent(agent).input).toEqual(agent);
  });

  it('say how long the answers of an agent serve', () => {
    expect(expandAgent({ cache: { ttlSeconds: '5m' } }).input).toEqual({ cache: { ttlSeconds: 300 } });
  });

  it('that are no duration are problems, and hide no other', () => {
    const { input, problems } = expandAgent({ approvalTimeoutSeconds: 'soon' });
    expect(problems).toMatchObject([{ code: 'INVALID_VALUE', pointer: '/approvalTimeoutSeconds' }]);
    expect(input).toEqual({ approvalTimeoutSeconds: 1 });
  });

  it.each([
    null,
    7,
    'x',
    [],
    { transitions: 7, placeAgents: [null, 7], rules: [] },
    { transitions: [{ rules: 7, when: 'x' }] },
  ])('leave %j as it is', (input) => {
    expect(expandWorkflow(input).input).toEqual(input);
  });
});
