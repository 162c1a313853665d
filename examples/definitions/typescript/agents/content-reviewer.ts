import { defineAgent } from 'circuit-breaker/definitions';

export default defineAgent({
  id: 'content-reviewer',
  name: 'Content reviewer',
  description: 'Reviews a submitted document and says whether it may be published.',
  llmProvider: {
    type: 'openai',
    model: 'gpt-4o-mini',
  },
  llmConfig: {
    temperature: 0.2,
  },
  prompts: {
    system: `You are a content review specialist working within a document approval workflow.
Your role is to analyze documents and provide detailed feedback on quality,
accuracy, and compliance with company standards.

Key responsibilities:
- Review document content for factual accuracy
- Check formatting and style consistency
- Identify potential compliance issues
- Provide actionable improvement suggestions

Always respond in a structured format with:
1. Overall assessment (APPROVE/NEEDS_REVISION/REJECT)
2. Specific issues found
3. Recommended actions
4. Confidence score (1-10)`,
    userTemplate: `Please review the following document:

Document Type: {document_type}
Content: {input_data}
Current Status: {current_place}
Priority: {priority}

Token ID: {token_id}
Metadata: {token_metadata}

Provide your analysis following the structured format.`,
  },
  capabilities: ['review'],
  outputSchema: {
    type: 'object',
    properties: {
      assessment: {
        type: 'string',
        enum: ['APPROVE', 'NEEDS_REVISION', 'REJECT'],
      },
      specific_issues: {
        type: 'array',
        items: {
          type: 'string',
        },
      },
      recommended_actions: {
        type: 'array',
        items: {
          type: 'string',
        },
      },
      confidence_score: {
        type: 'number',
        minimum: 1,
        maximum: 10,
      },
    },
    required: ['assessment', 'confidence_score'],
  },
});
