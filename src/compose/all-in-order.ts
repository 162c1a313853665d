/**
 * All of what is under way at once. Where several fail, the failure of the first in the list is thrown, as if each had been
 * begun after the one before: who reads it is told of the cause that they can mend first.
 */
export async function allInOrder<All extends readonly Promise<unknown>[] | []>(
  all: All,
): Promise<{ -readonly [Index in keyof All]: Awaited<All[Index]> }> {
  // One that fails before its turn is heard when its turn comes, or not at all.
  for (const one of all) one.catch(() => undefined);
  for (const one of all) await one;
  return await Promise.all(all);
}
