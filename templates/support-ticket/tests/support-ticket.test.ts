import { expect, it } from 'vitest';
import { readWorkflow, runWorkflow } from 'circuit-breaker/testing';

const ticket = await readWorkflow('workflows/support-ticket.yaml');
const data = { customer: 'Ann', message: 'The pan of order 4711 arrived broken.' };

it.each([
  ['REFUNDED', 'refunded'],
  ['ANSWERED', 'answered'],
  ['ESCALATED', 'escalated'],
])('closes a ticket that is %s as %s', async (outcome, place) => {
  const agents = { 'support-agent': { outcome, reply: 'Dear Ann' } };
  const token = await runWorkflow(ticket, { data, agents, steps: ['handle'] });
  expect(token).toBeIn(place);
  expect(token.data).toMatchObject({ reply: 'Dear Ann' });
});
