import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { CircuitBreakerError } from '../core/errors.js';
import { isJsonObject, ownValue } from '../core/json/json.js';
import { jsonPointer, type JsonPath } from '../core/json/json-pointer.js';
import { shorten } from '../core/json/preview.js';
import { isLoopback } from '../core/loopback.js';
import { parsedUrl } from '../core/parsed-url.js';
import type { ReadText } from './definition-source.js';
import { readText } from './folder-files.js';
import type { TextProblem } from './folder-problem.js';
import { readYaml } from './yaml-text.js';

/** Names the servers of a folder. */
export const ENVIRONMENTS_FILE = 'circuit-breaker.yaml';
const MOST_BYTES = 256 * 1024;
const SERVER_AGENTS = 'serverAgents';
const DEFAULT_NAME = 'default';
const DEFAULT_URL = 'http://127.0.0.1:4000';
/** Of the server on this machine, where the file names no other. */
const TOKEN = 'AGENT_ACCESS_TOKEN';
const MEMBERS: ReadonlySet<string> = new Set(['url', 'token']);

const URL_WORDS =
  'must be an http:// or https:// address, without a name, a password, a query or a fragment; what opens the server is its `token`';
const TOKEN_WORDS = 'must be visible ASCII signs, without blanks and line breaks';

const VARIABLE = /\$\{([^}]*)\}/g;
/** Where a variable begins of which no end comes. */
const UNCLOSED = /\$\{[^}]*$/;

/** A server, as the folder names it. */
export interface FolderEnvironment {
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly token?: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

interface Asked {
  /** Absent: `default`. */
  readonly name?: string;
  /** Of the process. Those of the folder's `.env` stand behind them. */
  readonly variables: Variables;
}

/**
 * The server that a folder calls so in its `circuit-breaker.yaml`; without that file there is one, on this machine. Its `${VAR}` are
 * filled in. Throws VALIDATION_FAILED, in one line with file, line and column where there are any.
 */
export async function readEnvironment(folder: string, { name, variables }: Asked): Promise<FolderEnvironment> {
  const known = { ...(await variablesIn(folder)), ...set(variables) };
  const text = await readText(join(folder, ENVIRONMENTS_FILE), MOST_BYTES);
  if (typeof text !== 'string') {
    if (!isMissing(text)) throw wrong(`${ENVIRONMENTS_FILE}: ${text.message}`);
    if (name === undefined || name === DEFAULT_NAME) return environment(DEFAULT_NAME, { url: DEFAULT_URL }, known);
    throw wrong(`There is no environment "${shorten(name)}": ${join(folder, ENVIRONMENTS_FILE)} is not there.`);
  }
  const file = new EnvironmentsFile(readYaml(text), known);
  return file.named(name ?? DEFAULT_NAME);
}

/**
 * The ids of agents that only servers have, as a folder says in its `circuit-breaker.yaml`: `serverAgents: [reviewer]`. Throws
 * VALIDATION_FAILED, in one line with file, line and column, where that is no list of texts.
 */
export async function readServerAgents(folder: string): Promise<readonly string[]> {
  const text = await readText(join(folder, ENVIRONMENTS_FILE), MOST_BYTES);
  if (typeof text !== 'string') return [];
  const read = readYaml(text);
  const ids = isJsonObject(read.input) ? read.input[SERVER_AGENTS] : undefined;
  if (ids === undefined) return [];
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
  const { line, column } = read.locate(jsonPointer([SERVER_AGENTS]));
  throw wrong(`${ENVIRONMENTS_FILE}:${line}:${column} ${SERVER_AGENTS} must be a list of ids of agents`);
}

/** How the servers of a folder are called, in its order; without a file there is one. */
export async function environmentNames(folder: string): Promise<readonly string[]> {
  const text = await readText(join(folder, ENVIRONMENTS_FILE), MOST_BYTES);
  if (typeof text !== 'string') return [DEFAULT_NAME];
  const { input } = readYaml(text);
  const environments = isJsonObject(input) ? input['environments'] : undefined;
  return isJsonObject(environments) ? Object.keys(environments) : [];
}

class EnvironmentsFile {
  readonly #text: ReadText;
  readonly #known: Variables;

  constructor(text: ReadText, known: Variables) {
    this.#text = text;
    this.#known = known;
    const [problem] = text.problems;
    if (problem !== undefined) throw wrong(`${ENVIRONMENTS_FILE}:${problem.line}:${problem.column} ${problem.message}`);
  }

  named(name: string): FolderEnvironment {
    const { input } = this.#text;
    const environments = isJsonObject(input) ? input['environments'] : undefined;
    if (!isJsonObject(environments))
      throw this.#wrong([], 'must have a member "environments", with a server by each name');
    const found = ownValue(environments, name);
    if (found === undefined) {
      const names = Object.keys(environments).map((each) => `"${shorten(each)}"`);
      throw wrong(`${ENVIRONMENTS_FILE} has no environment "${shorten(name)}": it has ${names.join(', ') || 'none'}.`);
    }
    const at: JsonPath = ['environments', name];
    if (!isJsonObject(found)) throw this.#wrong(at, 'must have a member "url"');
    const unknown = Object.keys(found).find((member) => !MEMBERS.has(member));
    if (unknown !== undefined)
      throw this.#wrong([...at, unknown], 'is no member of an environment: these are url and token', 'key');
    const url = this.#filled([...at, 'url'], found['url']);
    if (!isAddress(url)) throw this.#wrong([...at, 'url'], URL_WORDS);
    const { token } = found;
    const shownToken = token === undefined ? undefined : this.#filled([...at, 'token'], token);
    if (shownToken !== undefined && !isShowable(shownToken)) throw this.#wrong([...at, 'token'], TOKEN_WORDS);
    return environment(name, { url, ...(shownToken === undefined ? {} : { token: shownToken }) }, this.#known);
  }

  #filled(at: JsonPath, value: unknown): string {
    if (typeof value !== 'string' || value === '') throw this.#wrong(at, 'must be a text');
    if (UNCLOSED.test(value)) throw this.#wrong(at, 'has a `${` without its `}`: a variable is written ${NAME}');
    return value.replaceAll(VARIABLE, (_, name: string) => {
      const found = ownValue(this.#known, name);
      if (found !== undefined) return found;
      throw this.#wrong(
        at,
        `names ${shorten(name)}, which is not set: set it in the environment, or in .env beside this file`,
      );
    });
  }

  #wrong(at: JsonPath, message: string, part?: 'key'): CircuitBreakerError {
    const { line, column } = this.#text.locate(jsonPointer(at), part);
    const what = at.length === 0 ? 'it' : at.map(String).join('.');
    return wrong(`${ENVIRONMENTS_FILE}:${line}:${column} ${shorten(what)} ${message}`);
  }
}

/** The token of this machine's server goes nowhere else. */
function environment(
  name: string,
  { url, token }: { readonly url: string; readonly token?: string },
  known: Variables,
): FolderEnvironment {
  const own = isLoopback(new URL(url).hostname) ? ownValue(known, TOKEN) : undefined;
  if (token === undefined && own !== undefined && !isShowable(own)) throw wrong(`${TOKEN} ${TOKEN_WORDS}`);
  const shownToken = token ?? own;
  return { name, url: url.replace(/\/$/, ''), ...(shownToken === undefined ? {} : { token: shownToken }) };
}

function isAddress(text: string): boolean {
  const url = parsedUrl(text);
  return (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  );
}

/** Whether it can be sent with a request. */
function isShowable(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

async function variablesIn(folder: string): Promise<Variables> {
  const text = await readText(join(folder, '.env'), MOST_BYTES);
  if (typeof text === 'string') return set(parseEnv(text));
  if (isMissing(text)) return {};
  throw wrong(`${join(folder, '.env')}: ${text.message}`);
}

function isMissing({ code, message }: TextProblem): boolean {
  return code === 'FILE_UNREADABLE' && message.includes('no such file');
}

/** An empty one is as none. */
function set(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''));
}

function wrong(message: string): CircuitBreakerError {
  return new CircuitBreakerError('VALIDATION_FAILED', message);
}
