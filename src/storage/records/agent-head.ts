/** What is known of an agent beside its versions: changed in one step, so that of two who change it one comes first. */
export interface AgentHead {
  /** The keys of all versions that there ever were, in their order. */
  readonly versions: readonly string[];
  /** How many of them went with an agent that was deleted. */
  readonly deleted: number;
  /** A change that holds once its batch is saved, and never does where the batch is given up. */
  readonly prepared?: PreparedChange;
}

export interface PreparedChange {
  readonly batch: string;
  /** The key of the next version; absent: the agent is deleted. */
  readonly version?: string;
}

export const NO_HEAD: AgentHead = { versions: [], deleted: 0 };

/** The head once its prepared change holds. */
export function withPrepared({ prepared, ...head }: AgentHead): AgentHead {
  if (prepared === undefined) return head;
  if (prepared.version === undefined) return { ...head, deleted: head.versions.length };
  return { ...head, versions: [...head.versions, prepared.version] };
}

export function withoutPrepared({ prepared: _prepared, ...head }: AgentHead): AgentHead {
  return head;
}

/** The key of a version, or of the newest; undefined where there is none. */
export function versionKeyOf(
  { versions, deleted }: AgentHead,
  version: number | undefined,
  { deletedToo }: { readonly deletedToo: boolean },
): string | undefined {
  const wanted = version ?? versions.length;
  return deletedToo || wanted > deleted ? versions[wanted - 1] : undefined;
}
