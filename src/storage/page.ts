/** A page of a list that is ordered by (createdAt, id): newest first, unless the list says otherwise. */
export interface PageRequest {
  /** At most this many, 1 to 200. */
  readonly first: number;
  /** The cursor that an earlier page gave; opaque to callers. Throws VALIDATION_FAILED when it is not one. */
  readonly after?: string;
}

export interface Page<Item> {
  readonly items: readonly { readonly item: Item; readonly cursor: string }[];
  readonly hasNextPage: boolean;
}
