/** The same each time: text of so many bytes, or a few less, of code points between two, which hardly compresses. */
export function randomText(bytes: number, [least, most]: readonly [number, number]): string {
  const next = randomNumbers();
  const characters: string[] = [];
  for (let length = 0; ;) {
    const character = String.fromCodePoint(least + (next() % (most - least + 1)));
    length += Buffer.byteLength(character);
    if (length > bytes) return characters.join('');
    characters.push(character);
  }
}

/** Marsaglia's xorshift: what a linear generator gives would compress. */
export function randomNumbers(seed = 1): () => number {
  let state = (2_463_534_242 * seed) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
