/** What the test asks of a page. No word of the DOM is in here, so that the test, which runs in Node, can read it. */
export interface PageFunctions {
  readByEventSource(url: string): Promise<EventSourceReading>;
  readByWebSocket(url: string): Promise<WebSocketReading>;
  readByApollo(api: string, executionId: string): Promise<GraphqlReading>;
  readByUrql(api: string, executionId: string): Promise<GraphqlReading>;
  errorCodesByApollo(api: string): Promise<ErrorCodes>;
  errorCodesByUrql(api: string): Promise<ErrorCodes>;
  tryEveryDoor(api: string, executionId: string): Promise<Doors>;
  /** Sends a text as a form might: browsers do not ask the server first, and show the page no answer. */
  sendBlindly(url: string, body: string): Promise<void>;
  showExecution(options: ShownExecution): void;
  leaveExecution(): void;
}

/** One event as the doors without GraphQL send it. */
export interface ReadEvent {
  readonly sequence: number;
  readonly eventType: string;
  readonly content?: string;
  readonly final_response?: string;
}

export interface EventSourceReading {
  readonly events: readonly ReadEvent[];
  /** When it had ended for good. */
  readonly readyState: number;
}

export interface WebSocketReading {
  readonly events: readonly ReadEvent[];
  readonly code: number;
}

export interface GraphqlReading {
  /** What a viewer shows at the end: the chunks since the last attempt began. */
  readonly text: string;
  readonly finalResponse: string | undefined;
}

/** What one is told who asks for what is not there. */
export interface ErrorCodes {
  readonly query: unknown;
  readonly subscription: unknown;
}

/** What a page gets that tries every door: `readable`, or how it was turned away; close codes. */
export interface Doors {
  readonly post: string;
  readonly eventSource: string;
  readonly webSocket: number;
  readonly graphqlSocket: number;
}

export interface ShownExecution {
  readonly url: string;
  readonly executionId: string;
}
