import type { ProviderDirectory, ProviderStatus } from './provider-status.js';

const REMEMBERED_MS = 30_000;

/** Asks the providers at most every 30 s, and once for all who ask meanwhile: a page that polls must not flood them. */
export function rememberedDirectory(directory: ProviderDirectory, now = () => Date.now()): ProviderDirectory {
  let known: { readonly at: number; readonly statuses: Promise<readonly ProviderStatus[]> } | undefined;
  return {
    check: () => {
      if (known === undefined || now() - known.at >= REMEMBERED_MS) known = { at: now(), statuses: directory.check() };
      return known.statuses;
    },
  };
}
