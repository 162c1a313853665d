import { defineWorkflow, runAgent } from 'circuit-breaker/definitions';

import contentReviewer from '../agents/content-reviewer.js';

export default defineWorkflow({
  id: 'document_review',
  name: 'Document review',
  description: 'A document is reviewed by an agent; its assessment publishes it, sends it back or rejects it.',
  places: ['submitted', 'reviewed', 'published', 'revision', 'rejected'],
  initialPlace: 'submitted',
  transitions: [
    {
      id: 'ai_review',
      name: 'Review by the agent',
      fromPlaces: ['submitted'],
      toPlace: 'reviewed',
      agentExecution: runAgent(contentReviewer, {
        inputMapping: {
          document_content: 'data.content',
          document_type: 'metadata.type',
          priority: 'metadata.priority',
        },
        outputMapping: {
          'data.review_result': 'assessment',
          'data.review_score': 'confidence_score',
          'metadata.reviewer': 'agent_id',
          'metadata.review_timestamp': 'timestamp',
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
      id: 'publish',
      name: 'Publish what was approved',
      fromPlaces: ['reviewed'],
      toPlace: 'published',
      trigger: 'automatic',
      rules: [
        {
          type: 'FieldEquals',
          field: 'data.review_result',
          value: 'APPROVE',
        },
      ],
    },
    {
      id: 'send_back',
      name: 'Send back what needs work',
      fromPlaces: ['reviewed'],
      toPlace: 'revision',
      trigger: 'automatic',
      rules: [
        {
          type: 'Not',
          description:
            "Whatever is neither of the two that decide: nobody's words publish a document by containing APPROVE.",
          rule: {
            type: 'Or',
            rules: [
              {
                type: 'FieldEquals',
                field: 'data.review_result',
                value: 'APPROVE',
              },
              {
                type: 'FieldEquals',
                field: 'data.review_result',
                value: 'REJECT',
              },
            ],
          },
        },
      ],
    },
    {
      id: 'reject',
      name: 'Reject what cannot be used',
      fromPlaces: ['reviewed'],
      toPlace: 'rejected',
      trigger: 'automatic',
      rules: [
        {
          type: 'FieldEquals',
          field: 'data.review_result',
          value: 'REJECT',
        },
      ],
    },
    {
      id: 'resubmit',
      name: 'Submit the reworked document',
      fromPlaces: ['revision'],
      toPlace: 'submitted',
    },
  ],
});
