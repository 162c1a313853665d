import { defineWorkflow, runAgent } from 'circuit-breaker/definitions';

import supportAgent from '../agents/support-agent.js';

export default defineWorkflow({
  id: 'support_ticket',
  name: 'Support ticket',
  description: "A customer's ticket is handled by an agent, which may pay money back once a person has approved it.",
  places: ['open', 'handled', 'refunded', 'answered', 'escalated'],
  initialPlace: 'open',
  transitions: [
    {
      id: 'handle',
      name: 'Handle by the agent',
      fromPlaces: ['open'],
      toPlace: 'handled',
      agentExecution: runAgent(supportAgent, {
        inputMapping: {
          customer: 'data.customer',
          subject: 'data.subject',
          message: 'data.message',
        },
        outputMapping: {
          'data.outcome': 'outcome',
          'data.reply': 'reply',
          'metadata.handled_by': 'agent_id',
        },
        timeoutSeconds: '5m',
        retryConfig: {
          maxAttempts: 3,
          backoffSeconds: '10s',
          retryOnErrors: ['timeout', 'rate_limit'],
        },
      }),
    },
    {
      id: 'close_refunded',
      name: 'Close with the money back',
      fromPlaces: ['handled'],
      toPlace: 'refunded',
      trigger: 'automatic',
      rules: [
        {
          type: 'FieldEquals',
          field: 'data.outcome',
          value: 'REFUNDED',
        },
      ],
    },
    {
      id: 'close_answered',
      name: 'Close with an answer',
      fromPlaces: ['handled'],
      toPlace: 'answered',
      trigger: 'automatic',
      rules: [
        {
          type: 'FieldEquals',
          field: 'data.outcome',
          value: 'ANSWERED',
        },
      ],
    },
    {
      id: 'escalate',
      name: 'Hand over to a person',
      fromPlaces: ['handled'],
      toPlace: 'escalated',
      trigger: 'automatic',
      rules: [
        {
          type: 'Not',
          description: 'Whatever is neither of the two that close a ticket is for a person.',
          rule: {
            type: 'Or',
            rules: [
              {
                type: 'FieldEquals',
                field: 'data.outcome',
                value: 'REFUNDED',
              },
              {
                type: 'FieldEquals',
                field: 'data.outcome',
                value: 'ANSWERED',
              },
            ],
          },
        },
      ],
    },
  ],
});
