/** An address without the slashes that it ends in, however many: something is to come behind it, or nothing. */
export function withoutEndingSlashes(address: string): string {
  // Looks behind first: without that, a run of slashes within the address would be tried from each of them.
  return address.replace(/(?<!\/)\/+$/, '');
}
