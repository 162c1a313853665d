/** So many places behind the point are a hundred-millionth of a cent: what is behind them is the noise of binary fractions. */
const PLACES = 10;

/** US dollars as they are stored and shown. */
export function roundedUsd(amount: number): number {
  return Number(amount.toFixed(PLACES));
}

/** Of all together; `undefined` where one of them is not known: a part must not pass for the whole. 0 for none. */
export function totalCost(amounts: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const amount of amounts) {
    if (amount === undefined) return undefined;
    total += amount;
  }
  return roundedUsd(total);
}

/** What batches cost of what a stream would. */
const BATCH_PRICE = 0.5;

/** What a call costs in a batch, by what it would as a stream. */
export function batchUsd(streamed: number): number {
  return roundedUsd(streamed * BATCH_PRICE);
}
