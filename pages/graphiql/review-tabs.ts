/** A tab of GraphiQL. Its title is the name of the operation. */
export interface ReviewTab {
  readonly query: string;
  readonly variables: string;
}

/** The document review as it ships. */
export interface ReviewExample {
  readonly agent: { readonly id: string };
  readonly workflow: { readonly id: string };
  readonly document: string;
  /** What the mock says of the document. */
  readonly mockAnswer: unknown;
}

interface Situation {
  /** Agent and workflow are there already, as the demo leaves them. */
  readonly isSaved: boolean;
  /** Of the token that the tabs create, fire and read. */
  readonly tokenId: string;
}

const SAVE = `# Saves the agent and the workflow of the document review.
# Run again, it changes nothing.
#
# The agent answers from a script. For a real model put
# into the variables, for instance:
#   "llmProvider": { "type": "openai", "model": "gpt-4o-mini" }
mutation SaveReview(
  $agent: AgentInput!
  $workflow: WorkflowDefinitionInput!
) {
  createAgent(input: $agent) {
    id
    version
  }
  createWorkflow(input: $workflow) {
    id
    version
  }
}
`;

const CREATE = `# A token is one document on its way. Created again with
# the same id and input, it is the same token. For another
# one change the id, here and in the tabs that follow.
mutation CreateToken($input: TokenCreateInput!) {
  createToken(input: $input) {
    id
    place
    version
  }
}
`;

const FIRE = `# Asks for the review. The answer comes as soon as that is
# recorded; the agent runs on. The idempotency key makes it
# the same fire, however often it is sent.
mutation FireReview($input: TransitionFireInput!) {
  fireTransition(input: $input) {
    executionId
    token {
      id
      place
      version
      pending {
        transitionId
      }
    }
  }
}
`;

const WATCH = `# The agent's answer as it is produced: each event takes the
# place of the one before, and the last one has the whole.
subscription WatchAnswer($executionId: String!) {
  agentExecutionStream(executionId: $executionId) {
    sequence
    attempt
    eventType
    content
    status
    finalResponse
    errorCode
    error
  }
}
`;

const READ = `# Where the document is, how it came there, and what the
# agent wrote into it.
query ReadHistory($tokenId: String!) {
  token(id: $tokenId) {
    place
    status
    history {
      transition
      fromPlace
      toPlace
      timestamp
      executionId
    }
    data
    incident {
      code
      message
    }
    executions {
      nodes {
        status
        attempts {
          provider
          model
          outcome
        }
      }
    }
  }
}
`;

/** The review by hand, a tab for each step. They run in this order and may all be run again. */
export function reviewTabs(example: ReviewExample, { isSaved, tokenId }: Situation): readonly ReviewTab[] {
  const steps = [
    tab(CREATE, {
      input: {
        id: tokenId,
        workflowId: example.workflow.id,
        data: { content: example.document },
        metadata: { type: 'policy', priority: 'normal' },
      },
    }),
    tab(FIRE, { input: { tokenId, transitionId: 'ai_review', idempotencyKey: 'first review' } }),
    tab(WATCH, { executionId: `${tokenId}:ai_review:1` }),
    tab(READ, { tokenId }),
  ];
  return isSaved ? steps : [tab(SAVE, { agent: agentOnMock(example), workflow: example.workflow }), ...steps];
}

function agentOnMock({ agent, mockAnswer }: ReviewExample): object {
  const responses = [JSON.stringify(mockAnswer, null, 2)];
  return { ...agent, llmProvider: { type: 'mock', model: 'scripted', options: { responses, delayMs: 40 } } };
}

function tab(query: string, variables: object): ReviewTab {
  return { query, variables: JSON.stringify(variables, null, 2) };
}
