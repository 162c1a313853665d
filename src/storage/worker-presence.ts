/**
 * Which workers are here, and what they are at, so that the others take over at once what one that dies was at. Absent in storage that
 * one process has for itself.
 */
export interface WorkerPresence {
  /** From now on the worker is here, until it leaves or its process dies. Never throws: while storage is away nobody is missed. */
  join(worker: JoiningWorker): PresentWorker;
}

export interface JoiningWorker {
  /** For people who read of its death. */
  readonly name: string;
  /** Called when another worker is gone without a goodbye, at one of those who notice; each call is given to one of them. */
  readonly onGone: (gone: GoneWorker) => void;
}

/**
 * A worker whose connection has ended and did not come back: its process has died, or storage is out of its reach. In the latter case it
 * lives on with calls that were taken from it, at most once a minute.
 */
export interface GoneWorker {
  readonly name: string;
  readonly calls: readonly string[];
}

/** A worker's own entry. What it says is told to the others within a moment, and without anybody's waiting for it. */
export interface PresentWorker {
  /** It is at a call, by whatever name others can end it. Returns the function that says that it no longer is. */
  began(call: string): () => void;
  /** Says goodbye: what it is still at is its own to hand back. */
  leave(): Promise<void>;
}
