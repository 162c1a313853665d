import type { LogLevel } from '../../log-level-control.js';
import type { ResolverContext } from '../context.js';

export const logResolvers = {
  Mutation: {
    setLogLevel: (_: unknown, { level }: { level: LogLevel }, { logLevel, caller }: ResolverContext) => ({
      id: logLevel.process,
      level,
      before: logLevel.set(level, caller.name),
    }),
  },
};
