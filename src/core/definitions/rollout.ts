/** How far an agent has been brought into a workflow. */

export const ROLLOUT_MODES = ['off', 'shadow', 'on'] as const;
export type RolloutMode = (typeof ROLLOUT_MODES)[number];

export interface Rollout {
  /** For the tokens within `percent`; for all others it is off. */
  readonly mode: RolloutMode;
  /** Of the tokens, by a hash of their ids: from 0 to 100, in steps of 0.01. */
  readonly percent: number;
  /** Of its executions, from 0 to 1: where more than this fail it is turned off. */
  readonly maxErrorRate?: number;
  /** Why it was turned off, where nobody did. */
  readonly stoppedBecause?: string;
}

/** What is so for every use of which nobody has said anything else. */
export const FULL_ROLLOUT: Rollout = { mode: 'on', percent: 100 };

/** Steps of a hundredth of a percent. */
const SHARES = 10_000;

/** What is so for one token. It stays within as the percentage grows: raising that only adds tokens. */
export function modeFor({ mode, percent }: Rollout, tokenId: string): RolloutMode {
  return shareOf(tokenId) < Math.round(percent * (SHARES / 100)) ? mode : 'off';
}

/** Versions of one agent that run side by side. */
export const MAX_VERSIONS = 10;

/** Which of the tokens an agent's version runs for. */
export interface VersionShare {
  readonly version: number;
  /** Of the tokens; those of all versions add up to 100. */
  readonly percent: number;
}

/** The version whose share a text is in: shares lie beside each other in their order. */
export function sharedVersion(shares: readonly VersionShare[], text: string): number | undefined {
  const share = shareOf(text);
  let end = 0;
  for (const { version, percent } of shares) {
    end += Math.round(percent * (SHARES / 100));
    if (share < end) return version;
  }
  return shares.at(-1)?.version;
}

/** What holds of one use of an agent. */
export interface RolloutInForce extends Rollout {
  /** Absent: one version. */
  readonly agentVersions?: readonly VersionShare[];
}

export function inForce(rollout: Rollout, agentVersions: RolloutInForce['agentVersions']): RolloutInForce {
  return agentVersions === undefined ? rollout : { ...rollout, agentVersions };
}

/** What was said of one use of an agent after its definition was saved. It goes before what any version of the definition says. */
export interface UseRollout {
  readonly use: AgentUseId;
  /** Of which it was said. */
  readonly agentId: string;
  readonly rollout: Rollout;
  /** Absent: as the definition says, and where another agent is used by now. */
  readonly agentVersions?: readonly VersionShare[];
}

/** The transition or the place agent that uses an agent. */
export type AgentUseId = { readonly transitionId: string } | { readonly placeAgentId: string };

export function isSameUse(one: AgentUseId, other: AgentUseId): boolean {
  if ('transitionId' in one) return 'transitionId' in other && one.transitionId === other.transitionId;
  return 'placeAgentId' in other && one.placeAgentId === other.placeAgentId;
}

/** Whether what ran for a transition or a place agent ran for this use. */
export function ranFor(
  { transitionId, placeAgentId }: { readonly transitionId?: string; readonly placeAgentId?: string },
  use: AgentUseId,
): boolean {
  return 'transitionId' in use ? transitionId === use.transitionId : placeAgentId === use.placeAgentId;
}

/** From 0 to 9999, evenly over whatever ids there are: FNV-1a over UTF-16 code units, with its bits mixed. */
export function shareOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return ((hash ^ (hash >>> 16)) >>> 0) % SHARES;
}
