/** Deeper than anything that is accepted, and than any answer: what is within is not counted. */
const MAX_DEPTH = 128;

/** What a number, a name like `true`, or the signs around a value take at least. */
const SIGNS = 1;

/**
 * How many characters a value takes as JSON, at least; more than `most` as soon as that is clear. Nothing is made, nothing
 * beyond `most` is looked at, and nothing recurses: for what somebody sent or is to get, before anything else is done with it.
 * One object may stand in many places: GraphQL puts a variable wherever it is named.
 */
export function jsonLength(value: unknown, most: number): number {
  const waiting: { readonly value: object; readonly depth: number }[] = [];
  let length = 0;
  const count = (member: unknown, depth: number) => {
    length += SIGNS;
    if (typeof member === 'string') length += member.length + SIGNS;
    else if (typeof member === 'object' && member !== null && depth <= MAX_DEPTH)
      waiting.push({ value: member, depth });
  };
  count(value, 0);
  for (let next = waiting.pop(); next !== undefined && length <= most; next = waiting.pop()) {
    const depth = next.depth + 1;
    if (Array.isArray(next.value)) for (const item of next.value) count(item, depth);
    else {
      for (const [key, member] of Object.entries(next.value)) {
        length += key.length + SIGNS + SIGNS;
        count(member, depth);
      }
    }
  }
  return length;
}
