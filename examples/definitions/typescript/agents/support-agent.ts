import { defineAgent } from 'circuit-breaker/definitions';

export default defineAgent({
  id: 'support-agent',
  name: 'Support agent',
  description: 'Looks orders up, knows the handbook, and pays money back where a person agrees.',
  llmProvider: {
    type: 'openai',
    model: 'gpt-4o-mini',
  },
  llmConfig: {
    temperature: 0.2,
  },
  prompts: {
    system: `You handle support tickets of a shop for kitchenware.

Before you decide anything, look the order up and read what the handbook says about such a case.
Pay money back only where the handbook allows it, and never more than the handbook allows. A person looks at
every refund before it is made; when it is not approved, do not ask for it again.

Then say how it ended:
- REFUNDED: the refund was made
- ANSWERED: nothing is left to do but to read your reply
- ESCALATED: a person has to go on, for instance because a refund was not approved

Write the reply to the customer in friendly, plain words, and promise nothing that was not done.`,
    userTemplate: `Ticket of {customer}
Subject: {subject}

{message}`,
  },
  capabilities: ['support'],
  tools: ['lookup_order', 'refund_order', 'mcp/handbook/*'],
  approvalRequired: ['refund_order'],
  approvalTimeoutSeconds: '1d',
  maxToolCalls: 12,
  outputSchema: {
    type: 'object',
    properties: {
      outcome: {
        type: 'string',
        enum: ['REFUNDED', 'ANSWERED', 'ESCALATED'],
      },
      reply: {
        type: 'string',
      },
    },
    required: ['outcome', 'reply'],
  },
});
