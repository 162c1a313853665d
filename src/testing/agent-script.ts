import { EXECUTION_ERROR_CODES, type ExecutionErrorCode } from '../core/codes.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { JsonObject, JsonValue } from '../core/json/json.js';
import { isJsonObject } from '../core/json/json.js';
import { readSpan, type Span } from './span.js';

/** What an agent does in a test: a text, structured output, a failure, or one of these after a while. */
export type AgentAnswer = string | JsonObject | Failure | Later;

/** What an agent is asked, as it would be: its input is mapped from the token. */
export interface AgentCall {
  readonly agentId: string;
  readonly input: JsonValue;
  /** 1 for the first run of this agent. */
  readonly number: number;
  readonly request: ExecutionRequest;
}

/**
 * What an agent answers: the same each time, one of a list after the other, or what a function makes of what it is asked. A list
 * that is at its end fails the test.
 */
export type AgentScript = AgentAnswer | readonly AgentAnswer[] | ((call: AgentCall) => AgentAnswer);

class Failure {
  readonly code: ExecutionErrorCode;
  readonly message: string;

  constructor(code: ExecutionErrorCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

class Later {
  readonly seconds: number;
  readonly answer: AgentAnswer;

  constructor(seconds: number, answer: AgentAnswer) {
    this.seconds = seconds;
    this.answer = answer;
  }
}

/** A run that failed for good, when all its attempts were used up: with one of the codes of executions. */
export function fails(code: ExecutionErrorCode, message = `${code}, says the test`): AgentAnswer {
  if (!EXECUTION_ERROR_CODES.includes(code)) throw new TypeError(`"${code}" is no code of an execution.`);
  return new Failure(code, message);
}

/** The answer takes a while on the test's clock: seconds, or a text such as `90s`, `5m`, `2d`. */
export function after(span: Span, answer: AgentAnswer): AgentAnswer {
  return new Later(readSpan(span, 'What after() waits'), answer);
}

/** What comes of one run, and when. */
export interface PlayedAnswer {
  readonly seconds: number;
  readonly answer: string | JsonObject | Failure;
}

export function isFailure(answer: PlayedAnswer['answer']): answer is Failure {
  return answer instanceof Failure;
}

/** The agents of one run: each says its lines in turn. */
export class ScriptedAgents {
  readonly #scripts: ReadonlyMap<string, AgentScript>;
  readonly #asked = new Map<string, number>();

  constructor(scripts: Readonly<Record<string, AgentScript>>) {
    this.#scripts = new Map(Object.entries(scripts));
  }

  /** Throws where the test does not say what this run answers. */
  play(request: ExecutionRequest): PlayedAnswer {
    const { agentId, input } = request;
    const number = (this.#asked.get(agentId) ?? 0) + 1;
    this.#asked.set(agentId, number);
    return answered(this.#line({ agentId, input, number, request }), 0);
  }

  #line(call: AgentCall): AgentAnswer {
    const { agentId, number } = call;
    const script = this.#scripts.get(agentId);
    if (script === undefined)
      throw new Error(`The agent "${agentId}" runs, and \`agents\` does not say what it answers.`);
    if (typeof script === 'function') return script(call);
    if (!isList(script)) return script;
    const line = script[number - 1];
    if (line !== undefined) return line;
    throw new Error(
      `The agent "${agentId}" runs for the ${number}. time, and \`agents\` has ${script.length} answers.`,
    );
  }
}

function answered(answer: AgentAnswer, seconds: number): PlayedAnswer {
  if (answer instanceof Later) return answered(answer.answer, seconds + answer.seconds);
  if (answer instanceof Failure || typeof answer === 'string' || isJsonObject(answer)) return { seconds, answer };
  throw new TypeError('An answer is a text, an object, `fails(…)` or `after(…)`.');
}

function isList(script: AgentScript): script is readonly AgentAnswer[] {
  return Array.isArray(script);
}
