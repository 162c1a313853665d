import type { AgentUse } from '../../../core/definitions/definition.js';
import { FULL_ROLLOUT, inForce, type RolloutMode, type VersionShare } from '../../../core/definitions/rollout.js';
import { rolloutReport } from '../../../operations/rollout-report.js';
import { clearRollout, setRollout } from '../../../operations/set-rollout.js';
import type { NamedUse } from '../../../operations/used-in.js';
import type { ResolverContext } from '../context.js';

interface UseArguments {
  readonly workflowId: string;
  readonly transitionId?: string | null;
  readonly placeAgentId?: string | null;
}

interface SetArguments extends UseArguments {
  readonly mode: RolloutMode;
  readonly percent: number;
  readonly maxErrorRate?: number | null;
  readonly agentVersions?: readonly VersionShare[] | null;
}

interface ReportArguments extends UseArguments {
  readonly since?: string | null;
  readonly until?: string | null;
}

const rolloutOf = ({ rollout = FULL_ROLLOUT, agentVersions }: Pick<AgentUse, 'agentVersions' | 'rollout'>) =>
  inForce(rollout, agentVersions);

export const rolloutResolvers = {
  Query: {
    rolloutReport: (_: unknown, { since, until, ...args }: ReportArguments, context: ResolverContext) =>
      rolloutReport(context, {
        ...namedUse(args),
        ...(since == null ? {} : { since }),
        ...(until == null ? {} : { until }),
      }),
  },
  Mutation: {
    clearRollout: (_: unknown, args: UseArguments, context: ResolverContext) => clearRollout(context, namedUse(args)),
    setRollout: async (
      _: unknown,
      { mode, percent, maxErrorRate, agentVersions, ...args }: SetArguments,
      context: ResolverContext,
    ) => {
      const shares = agentVersions?.map((share) => ({ ...share })) ?? agentVersions;
      const versions = shares === undefined ? {} : { agentVersions: shares };
      const most = maxErrorRate === undefined ? {} : { maxErrorRate };
      return await setRollout(context, { ...namedUse(args), mode, percent, ...most, ...versions });
    },
  },
  AgentTransitionConfig: { rollout: rolloutOf },
  PlaceAgentConfig: { rollout: rolloutOf },
};

function namedUse({ workflowId, transitionId, placeAgentId }: UseArguments): NamedUse {
  return {
    workflowId,
    ...(transitionId == null ? {} : { transitionId }),
    ...(placeAgentId == null ? {} : { placeAgentId }),
  };
}
