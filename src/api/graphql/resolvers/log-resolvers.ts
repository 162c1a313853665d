import type { ResolverContext } from '../context.js';

type LogLevel = Parameters<ResolverContext['logLevel']['set']>[0];

export const logResolvers = {
  Mutation: {
    setLogLevel: (_: unknown, { level }: { level: LogLevel }, { logLevel, caller }: ResolverContext) => ({
      id: logLevel.process,
      level,
      before: logLevel.set(level, caller.name),
    }),
  },
};
