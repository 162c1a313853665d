import type { ToolOffer } from '../core/agents/tool-offer.js';
import type { JsonObject } from '../core/json/json.js';
import type { Misfit } from '../core/json/problem.js';

/** What a call of a tool comes with. */
export interface ToolContext {
  /** Aborts when the execution is cancelled, the call runs out of time, or the worker ends. */
  readonly signal: AbortSignal;
  /** The same for every attempt at one call, and for no other call. */
  readonly idempotencyKey: string;
  readonly executionId: string;
  /** The token whose agent calls; absent when nobody's. */
  readonly token?: { readonly id: string; readonly workflowId: string };
  readonly logger: ToolLogger;
}

/** The part of pino's interface that tools use. */
export interface ToolLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Arguments as a tool takes them, or what is wrong with those that were given: pointers into them, and at least one. */
export type ReadArguments = { readonly value: unknown } | { readonly misfits: readonly Misfit[] };

/** Something that an agent can do besides talking. */
export interface Tool extends ToolOffer {
  /** Judges what the model gave as arguments. */
  read(given: JsonObject): Promise<ReadArguments>;
  /** Whether a call with such arguments is made again where its worker died, though others of the tool are not. */
  isRepeatable?(given: JsonObject): boolean;
  /** May throw anything: the model is told. Answers what JSON can say. */
  run(value: unknown, context: ToolContext): Promise<unknown>;
}

/** The tools of one worker process, by name: those of MCP servers come and go. */
export interface ToolRegistry {
  get(name: string): Tool | undefined;
  values(): Iterable<Tool>;
}
