import { HttpAgent, type BaseEvent, type Message } from '@ag-ui/client';
import { EventSchemas } from '@ag-ui/core/schemas';

function sequenceOf({ metadata }: BaseEvent): number | undefined {
  const sequence: unknown = metadata?.['sequence'];
  return typeof sequence === 'number' ? sequence : undefined;
}

/**
 * A page that keeps its agent, AG-UI's own client, over several runs: what comes goes on in the messages that it has. The client knows
 * no cursor: it is taken from what the events carry.
 */
export class AgUiPage {
  readonly agent: HttpAgent;
  readonly events: BaseEvent[] = [];
  cursor: number | undefined;
  readonly #url: string;

  constructor(address: string, id: string, initialMessages: Message[] = []) {
    this.#url = `${address}/agent-stream/${id}?format=ag-ui`;
    this.agent = new HttpAgent({ url: this.#url, threadId: 'the page', initialMessages });
  }

  async run(parameters: Parameters<HttpAgent['runAgent']>[0] = {}): Promise<unknown> {
    this.agent.url = this.cursor === undefined ? this.#url : `${this.#url}&after=${this.cursor}`;
    const run = await this.agent.runAgent(parameters, {
      onEvent: ({ event }) => {
        EventSchemas.parse(event);
        this.events.push(event);
        this.cursor = sequenceOf(event) ?? this.cursor;
      },
    });
    return run.result;
  }

  get types(): string[] {
    return this.events.map(({ type }): string => type);
  }

  /** Role and content, what a page shows. */
  get shown(): unknown[] {
    return this.agent.messages.map(({ role, content }: Message) => [role, content]);
  }
}
