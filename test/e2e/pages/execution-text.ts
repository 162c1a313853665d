/** What the pages of Apollo Client and urql ask for, and how they show it. */
export const WATCH = /* GraphQL */ `
  subscription ($executionId: String!) {
    agentExecutionStream(executionId: $executionId) {
      sequence
      eventType
      content
      finalResponse
    }
  }
`;

export interface Watched {
  readonly agentExecutionStream: {
    readonly sequence: number;
    readonly eventType: string;
    readonly content: string | null;
    readonly finalResponse: string | null;
  };
}

/** Whoever receives `attempt_started` drops the text: graphql-ws, too, begins again after a lost connection. */
export function textAfter(text: string, { eventType, content }: Watched['agentExecutionStream']): string {
  return eventType === 'attempt_started' ? '' : text + (content ?? '');
}

export const OF_NO_TOKEN = '{ availableTransitions(tokenId: "nowhere") { id } }';
