/** Holds back whoever joins until as many have joined as are expected: they go together, however slow this machine is. */
export class Gathered {
  #missing = 0;
  #held: (() => void)[] = [];

  /** So many join from now on. */
  expect(count: number): void {
    this.#missing = count;
  }

  readonly join = async (): Promise<void> => {
    this.#missing -= 1;
    if (this.#missing > 0) {
      await new Promise<void>((resolve) => this.#held.push(resolve));
      return;
    }
    for (const letGo of this.#held.splice(0)) letGo();
  };
}
