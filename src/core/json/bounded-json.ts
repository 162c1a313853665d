class TooLong extends Error {}

/**
 * A value as JSON text of about so many characters at most; `text` is absent when there would be more, which is found out
 * before it is made. Gives nothing for what JSON cannot say: a cycle, a bigint, a function.
 */
export function boundedJson(value: unknown, most: number): { readonly text?: string } | undefined {
  let left = most;
  const spend = (characters: number) => {
    left -= characters;
    if (left < 0) throw new TooLong();
  };
  try {
    refuseBytes(value, most);
    const text = JSON.stringify(value, (_key, member: unknown) => {
      spend(typeof member === 'string' ? member.length : 1);
      if (typeof member === 'object' && member !== null) spendOnMembers(member, most, spend);
      return member;
    }) as string | undefined;
    return text === undefined ? undefined : { text };
  } catch (error) {
    return error instanceof TooLong ? {} : undefined;
  }
}

function spendOnMembers(container: object, most: number, spend: (characters: number) => void): void {
  const isList = Array.isArray(container);
  if (isList) spend(container.length);
  // One by one: a list of all members may be as long as what is not to be made.
  for (const key in container) {
    if (!Object.hasOwn(container, key)) continue;
    if (!isList) spend(key.length);
    refuseBytes((container as Record<string, unknown>)[key], most);
  }
}

/** Bytes become lists of numbers, and would be that before anybody could look at them. */
function refuseBytes(value: unknown, most: number): void {
  if (ArrayBuffer.isView(value) && value.byteLength > most) throw new TooLong();
}
