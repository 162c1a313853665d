import type { ToolLogger } from '../tools/tool.js';

interface Call {
  readonly tool: string;
  readonly executionId: string;
  readonly turn: number;
}

/** What a tool logs by: every line says whose it is. As with other loggers, a message may come without facts, and an error as them. */
export function loggerOf(logger: ToolLogger, call: Call): ToolLogger {
  const lines = (level: keyof ToolLogger) => (facts: object | string, message?: string) => {
    if (typeof facts === 'string') logger[level]({ ...call }, facts);
    else logger[level]({ ...(facts instanceof Error ? { err: facts } : facts), ...call }, message ?? '');
  };
  return { info: lines('info'), warn: lines('warn'), error: lines('error') };
}
