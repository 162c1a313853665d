/** Keys that are listed in the time in which one character is written. */
const KEYS_PER_CHARACTER = 4;

/** How many characters may still be written. What takes the last of them may go beyond, and nothing comes after it. */
export class Room {
  readonly #whole: Room | undefined;
  #left: number;

  constructor(characters: number, whole?: Room) {
    this.#left = characters;
    this.#whole = whole;
  }

  get left(): number {
    return Math.max(this.#left, 0);
  }

  get isFull(): boolean {
    return this.#left <= 0;
  }

  take(characters: number): void {
    this.#left -= characters;
    this.#whole?.take(characters);
  }

  /** Told of keys that were listed only to show a few of them: a large object that is shown again and again costs room. */
  takeForKeys(count: number): void {
    if (this.#whole === undefined) this.#left -= Math.floor(count / KEYS_PER_CHARACTER);
    else this.#whole.takeForKeys(count);
  }

  /** A part of it, of so many characters at the most: what is taken there is taken here, too. */
  part(characters: number): Room {
    return new Room(Math.min(characters, this.left), this);
  }
}
