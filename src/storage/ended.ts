/** What has ended, and when (RFC 3339). */
export interface Ended {
  readonly id: string;
  readonly endedAt: string;
}

/** Of a list that begins with what ended first. */
export interface EndedPage {
  readonly first: number;
  /** The last one of the page before. */
  readonly after?: Ended;
}
