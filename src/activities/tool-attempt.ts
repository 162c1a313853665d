import type { Context } from '@temporalio/activity';

import { cutForViewers, failed, idempotencyKeyOf, outcomeOf, type ToolOutcome } from '../core/executions/tool-call.js';
import type { ToolCall } from '../core/executions/turn.js';
import type { ToolRun } from '../contract/activities.js';
import { isToolError } from '../tools/tool-error.js';
import { runAs } from '../tools/running-tools.js';
import type { Tool, ToolContext } from '../tools/tool.js';
import type { ActivityParts } from './activity-parts.js';
import { loggerOf } from './logger-of-call.js';
import { wordsOfMisfits } from '../core/json/problem.js';
import { readArguments, storableWordsOf } from './read-arguments.js';

/** One attempt at a call of a tool, within its time. */
export class ToolAttempt {
  readonly #parts: ActivityParts;
  readonly #run: ToolRun;
  readonly #context: Context;

  constructor(parts: ActivityParts, run: ToolRun, context: Context) {
    this.#parts = parts;
    this.#run = run;
    this.#context = context;
  }

  /** Resolves whatever the tool does. Rejects with the reason of the activity's cancellation. */
  async call(tool: Tool, { id, name, arguments: given }: ToolCall): Promise<ToolOutcome> {
    const about = { toolName: name, toolCallId: id };
    // Beside the call, which need not wait for viewers: what is told of an execution keeps its order, and this never throws.
    void this.#parts.tellTools(this.#run, [
      { eventType: 'thinking', status: 'calling_tool', content: name },
      { eventType: 'tool_call', ...about, arguments: cutForViewers(given) },
    ]);
    const read = await readArguments(tool, given);
    if ('misfits' in read)
      return failed(
        `The arguments do not fit: ${this.#parts.mask(wordsOfMisfits(read.misfits))}. Call it again with others.`,
      );
    const start = performance.now();
    const outcome = await this.#within(tool, read.value);
    const error = outcome.type === 'answered' ? undefined : outcome.type;
    this.#parts.metrics.toolCalled(tool.name, performance.now() - start, error);
    return outcome;
  }

  async #within(tool: Tool, value: unknown): Promise<ToolOutcome> {
    const { cancellationSignal } = this.#context;
    const late = AbortSignal.timeout(tool.timeoutSeconds * 1000);
    const signal = AbortSignal.any([cancellationSignal, late]);
    const toolContext = this.#toolContext(signal);
    const { idempotencyKey } = toolContext;
    const running = runAs({ name: tool.name, idempotencyKey }, () => tool.run(value, toolContext));
    try {
      return outcomeOf(await Promise.race([running, aborted(signal)]));
    } catch (error) {
      cancellationSignal.throwIfAborted();
      if (late.aborted) {
        return failed(`The tool took longer than ${tool.timeoutSeconds} s. Ask it for less, or go on without it.`);
      }
      const words = this.#parts.mask(storableWordsOf(error));
      if (isToolError(error)) return failed(words);
      return failed(`The tool failed: ${words}. Mend the arguments, or go on without it.`);
    }
  }

  #toolContext(signal: AbortSignal): ToolContext {
    const { token, executionId, turn, tool } = this.#run;
    const idempotencyKey = idempotencyKeyOf(this.#run);
    return {
      signal,
      idempotencyKey,
      executionId,
      logger: loggerOf(this.#parts.logger, { tool, executionId, turn }),
      ...(token === undefined ? {} : { token }),
    };
  }
}

/** Rejects when the signal aborts: a tool need not listen to it. */
async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    const end = () => {
      reject(new Error('aborted'));
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
