/** An amount of US dollars, to the billionth, without an exponent: small sums are read, too. */
export function usdWords(usd: number): string {
  const digits = usd.toFixed(9).replace(/0{1,9}$/, '');
  return `${digits.endsWith('.') ? digits.slice(0, -1) : digits} USD`;
}
