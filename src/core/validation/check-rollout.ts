import type { AgentUse } from '../definitions/definition.js';
import { MAX_VERSIONS, type Rollout, type VersionShare } from '../definitions/rollout.js';
import { jsonPointer } from '../json/json-pointer.js';
import type { Problem } from '../json/problem.js';
import type { KnownAgent } from './check-agent-use.js';
import { unfilledPrompts } from './check-prompts.js';

interface RolloutSurroundings {
  /** The version asked for, or the newest. */
  readonly find: (agent: Pick<AgentUse, 'agentId' | 'agentVersion'>) => KnownAgent | undefined;
  /** Of the agent's use in the input. */
  readonly pointer: string;
}

/** What is wrong with how far an agent is brought in, and with the versions of it that run side by side. */
export function checkRollout(
  use: AgentUse & { readonly required?: boolean },
  { find, pointer }: RolloutSurroundings,
): readonly Problem[] {
  const { rollout, agentVersions } = use;
  return [
    ...(rollout === undefined ? [] : checkMode(rollout, use, { find, pointer: `${pointer}/rollout` })),
    ...(agentVersions === undefined ? [] : checkVersions(agentVersions, use, { find, pointer })),
  ];
}

function checkMode(
  { mode, percent, maxErrorRate = 1 }: Rollout,
  use: AgentUse & { readonly required?: boolean },
  { find, pointer }: RolloutSurroundings,
): readonly Problem[] {
  const refusal = mode === 'shadow' ? shadowRefusal(use, versionsOf(use).map(find)) : undefined;
  return [
    ...(refusal === undefined ? [] : [invalid(`${pointer}/mode`, refusal)]),
    ...(maxErrorRate >= 0 && maxErrorRate <= 1 ? [] : [invalid(`${pointer}/maxErrorRate`, 'must be from 0 to 1')]),
    ...(percent >= 0 && percent <= 100 ? [] : [invalid(`${pointer}/percent`, 'must be from 0 to 100')]),
  ];
}

function shadowRefusal(
  { agentId, required }: AgentUse & { readonly required?: boolean },
  agents: readonly (KnownAgent | undefined)[],
): string | undefined {
  if (required === true) return 'an agent that is required cannot run in the shadow: set `required: false`';
  if (agents.every((agent) => (agent?.tools ?? []).length === 0)) return undefined;
  return `agent "${agentId}" has tools, which would act: it cannot run in the shadow`;
}

function versionsOf({
  agentId,
  agentVersion,
  agentVersions,
}: AgentUse): readonly Pick<AgentUse, 'agentId' | 'agentVersion'>[] {
  if (agentVersions !== undefined) return agentVersions.map(({ version }) => ({ agentId, agentVersion: version }));
  return [{ agentId, ...(agentVersion === undefined ? {} : { agentVersion }) }];
}

function checkVersions(
  shares: readonly VersionShare[],
  use: AgentUse,
  { find, pointer }: RolloutSurroundings,
): readonly Problem[] {
  const at = `${pointer}/agentVersions`;
  const sum = shares.reduce((total, { percent }) => total + percent, 0);
  const numbers = shares.map(({ version }) => version);
  if (shares.length > MAX_VERSIONS) return [invalid(at, `must be ${MAX_VERSIONS} at the most`)];
  return [
    ...(shares.every(({ percent }) => percent >= 0) && Math.abs(sum - 100) < 0.005
      ? []
      : [invalid(at, `must have percentages from 0 that add up to 100; these add up to ${sum}`)]),
    ...(new Set(numbers).size === numbers.length ? [] : [invalid(at, 'must name each version once')]),
    ...shares.flatMap(({ version }, index) => checkVersion(use, version, { find, pointer: jsonPointer([index], at) })),
  ];
}

function checkVersion(use: AgentUse, version: number, { find, pointer }: RolloutSurroundings): readonly Problem[] {
  const { agentId } = use;
  const found = find({ agentId, agentVersion: version });
  if (found === undefined) {
    // Of an agent that is not there at all something is said already.
    if (find({ agentId }) === undefined) return [];
    const message = `agent "${agentId}" has no version ${version}`;
    return [{ code: 'UNKNOWN_AGENT', pointer: `${pointer}/version`, message }];
  }
  const unfilled = unfilledPrompts(found.prompts, Object.keys(use.inputMapping), `${pointer}/version`);
  return unfilled.map((problem) => ({
    ...problem,
    message: `version ${version} of agent "${agentId}": ${problem.message}`,
  }));
}

function invalid(pointer: string, message: string): Problem {
  return { code: 'INVALID_VALUE', pointer, message };
}
