/** A version of an agent or of a workflow; without one, the newest. */
export interface VersionedId {
  readonly id: string;
  readonly version?: number | undefined;
}
