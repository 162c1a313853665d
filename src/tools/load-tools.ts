import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { badVariables, CircuitBreakerError, wordsOf } from '../core/errors.js';
import { failedPlace, firstWords } from '../user-modules/failed-place.js';
import { readTypeScript } from '../user-modules/read-typescript.js';
import { resolveFromHere } from '../user-modules/resolve-from-here.js';
import { isTool } from './define-tool.js';
import { runAs } from './running-tools.js';
import type { Tool } from './tool.js';

const MODULE = /\.(?:js|mjs|ts)$/;
const DECLARATION = '.d.ts';
const TYPESCRIPT = '.ts';
/** Of one module: whatever it fetches first, it should be there by then. */
const LOAD_PATIENCE_MS = 30_000;
/** More than any model is told of, each of which every worker records again and again. */
const MOST_TOOLS = 1000;
/** Whatever is built in, or will be. */
const OURS = /^(?:token|http)\./;
const OTHER_NAME = 'those that begin with "token." or "http." are built in, so rename it';

export interface FoundTools {
  readonly tools: ReadonlyMap<string, Tool>;
  /** VALIDATION_FAILED each, naming the file and what to do. */
  readonly problems: readonly CircuitBreakerError[];
}

/** As findTools does; throws VALIDATION_FAILED with all of its problems. */
export async function loadTools(folder: string | undefined, patienceMs?: number): Promise<FoundTools['tools']> {
  const { tools, problems } = await findTools(folder, patienceMs);
  if (problems.length === 0) return tools;
  throw badVariables(problems.map(({ message }) => ({ name: 'TOOLS_DIR', message })));
}

/**
 * The tools of a folder: every export of its modules that defineTool made. Without a folder there are none. A module that cannot
 * be loaded or takes longer than `patienceMs`, and a tool whose name is taken, are problems.
 */
export async function findTools(folder: string | undefined, patienceMs = LOAD_PATIENCE_MS): Promise<FoundTools> {
  const found = new Found();
  if (folder === undefined) return found;
  resolveFromHere();
  await found.orProblem(async () => {
    const files = await modulesIn(resolve(folder));
    if (files.some((file) => file.endsWith(TYPESCRIPT))) readTypeScript();
    for (const file of files) {
      await found.orProblem(async () => {
        found.add(file, await toolsOf(file, patienceMs));
      });
    }
  });
  return found;
}

class Found implements FoundTools {
  readonly tools = new Map<string, Tool>();
  readonly problems: CircuitBreakerError[] = [];
  readonly #fileOf = new Map<string, string>();

  add(file: string, tools: readonly Tool[]): void {
    for (const tool of tools) {
      if (OURS.test(tool.name)) throw badModule(file, `its tool "${tool.name}" has a name of ours: ${OTHER_NAME}`);
      const other = this.#fileOf.get(tool.name);
      if (this.tools.get(tool.name) === tool) continue;
      if (other !== undefined) throw badModule(file, `its tool "${tool.name}" is also in ${other}: rename one of them`);
      if (this.tools.size === MOST_TOOLS) {
        const advice = 'leave those that no agent needs to another folder';
        throw badModule(file, `with it there are more than ${MOST_TOOLS} tools: ${advice}`);
      }
      this.#fileOf.set(tool.name, file);
      this.tools.set(tool.name, tool);
    }
  }

  async orProblem(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CircuitBreakerError)) throw error;
      this.problems.push(error);
    }
  }
}

async function modulesIn(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => MODULE.test(name) && !name.endsWith(DECLARATION))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw badModule(folder, `the folder cannot be read (${wordsOf(error)}): make it, or unset TOOLS_DIR`);
  }
}

async function toolsOf(file: string, patienceMs: number): Promise<readonly Tool[]> {
  let exports: unknown;
  try {
    const loading = runAs({ name: file }, () => import(pathToFileURL(file).href) as Promise<unknown>);
    exports = await within(patienceMs, loading);
  } catch (error) {
    const place = failedPlace(error, file);
    const where = place === undefined ? file : `${file}:${place.line}:${place.column}`;
    throw badModule(where, `${firstWords(wordsOf(error))}. Mend the module, or take it out of the folder`);
  }
  const tools = Object.values(typeof exports === 'object' && exports !== null ? exports : {}).filter(isTool);
  if (tools.length > 0) return [...new Set(tools)];
  const advice = 'export what defineTool of circuit-breaker/tools gives, or move what is no tool into a folder below';
  throw badModule(file, `it exports no tool: ${advice}`);
}

/** Rejects when it takes longer: a module may wait at its top for what never comes. */
async function within<Result>(patienceMs: number, loading: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it has not loaded within ${patienceMs / 1000} s`));
    }, patienceMs);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `where`: the file, and its line and column where those are known. */
function badModule(where: string, problem: string): CircuitBreakerError {
  return badVariables([{ name: 'TOOLS_DIR', message: `TOOLS_DIR: ${where}: ${problem}.` }]);
}
