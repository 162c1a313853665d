/** Of one thing that was asked again and again: the longest wait for an answer, and how often each answer came. */
export interface Heard {
  longestMs: number;
  readonly answers: Map<string, number>;
}

const EVERY_MS = 1000;
/** What changes something makes work for workers, and is asked less often. */
const CHANGES_EVERY = 3;
/** A question is well again when it was answered so often in a row, each time so soon. */
const ANSWERED_IN_ROW = 2;
const SOON_MS = 3000;

const READS = {
  token: 'query ($id: String!) { token(id: $id) { place } }',
  agents: '{ agents { id } }',
  execution: 'query ($id: String!) { agentExecution(id: $id) { status } }',
} as const;

const CREATE = 'mutation ($input: TokenCreateInput!) { createToken(input: $input) { id } }';
const FIRE = 'mutation ($input: TransitionFireInput!) { fireTransition(input: $input) { executionId } }';
const EXECUTE = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';

/** Whoever asks everything of an API once a second, and waits for each answer as long as it takes. */
export class SteadyCaller {
  readonly heard = new Map<string, Heard>();
  readonly #address: string;
  readonly #name: string;
  readonly #inRow = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();
  #rounds = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(address: string, name: string) {
    [this.#address, this.#name] = [address, name];
  }

  begin(): void {
    this.#ask();
    this.#timer = setInterval(() => {
      this.#ask();
    }, EVERY_MS);
  }

  /** Resolves with the last answers. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }

  /** From now on only what comes counts for `isWell`. */
  beginAnew(): void {
    for (const question of this.#inRow.keys()) this.#inRow.set(question, 0);
  }

  get isWell(): boolean {
    return [...this.#inRow.values()].every((count) => count >= ANSWERED_IN_ROW);
  }

  #ask(): void {
    this.#rounds += 1;
    const id = `${this.#name}-${this.#rounds}`;
    for (const [question, query] of Object.entries(READS)) this.#put(question, () => this.#graphql(query, { id }));
    this.#put('ready', async () => String((await fetch(`${this.#address}/health/ready`)).status));
    if (this.#rounds % CHANGES_EVERY !== 1) return;
    const before = `${this.#name}-${Math.max(1, this.#rounds - CHANGES_EVERY)}`;
    const token = { id, workflowId: 'writing', data: { topic: id } };
    const fire = { tokenId: before, transitionId: 'write', idempotencyKey: 'once' };
    this.#put('createToken', () => this.#graphql(CREATE, { input: token }));
    this.#put('fireTransition', () => this.#graphql(FIRE, { input: fire }));
    this.#put('executeAgent', () => this.#graphql(EXECUTE, { input: { agentId: 'writer', input: id } }));
  }

  #put(question: string, ask: () => Promise<string>): void {
    if (!this.#inRow.has(question)) this.#inRow.set(question, 0);
    const heard = this.heard.get(question) ?? { longestMs: 0, answers: new Map<string, number>() };
    this.heard.set(question, heard);
    const askedAt = performance.now();
    const note = (answer: string) => {
      const tookMs = performance.now() - askedAt;
      heard.longestMs = Math.max(heard.longestMs, tookMs);
      heard.answers.set(answer, (heard.answers.get(answer) ?? 0) + 1);
      const isWell = tookMs < SOON_MS && !/^(?:UNAVAILABLE|INTERNAL|503|Error)/.test(answer);
      this.#inRow.set(question, isWell ? (this.#inRow.get(question) ?? 0) + 1 : 0);
    };
    const asking = ask().then(note, (error: unknown) => {
      note(`Error ${String(error)}`);
    });
    this.#pending.add(asking);
    void asking.then(() => this.#pending.delete(asking));
  }

  async #graphql(query: string, variables: object): Promise<string> {
    const response = await fetch(`${this.#address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { errors } = (await response.json()) as { errors?: readonly [{ extensions?: { code: string } }] };
    return errors === undefined ? 'ok' : (errors[0].extensions?.code ?? 'no code');
  }
}
