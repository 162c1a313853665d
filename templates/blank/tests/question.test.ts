import { expect, it } from 'vitest';
import { readWorkflow, runWorkflow } from 'circuit-breaker/testing';

const question = await readWorkflow('workflows/question.yaml');

it('answers what was asked', async () => {
  const token = await runWorkflow(question, {
    data: { question: 'Is the sky blue?' },
    agents: { assistant: 'Mostly.' },
    steps: ['answer'],
  });
  expect(token).toBeIn('answered');
  expect(token.data).toMatchObject({ answer: 'Mostly.' });
});

it('does not ask the agent for nothing', async () => {
  const token = await runWorkflow(question, { steps: ['answer'] });
  expect(token).toBeIn('asked');
  expect(token.refusals).toMatchObject([{ step: 'answer', blockers: [{ code: 'INPUT_MISSING' }] }]);
});
