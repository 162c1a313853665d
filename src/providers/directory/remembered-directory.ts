import type { ProviderDirectory, ProviderStatus } from './provider-status.js';

const KEPT_MS = 30_000;

/**
 * A directory that many may ask: all who ask during a check share it, and its answer stands for 30 seconds, so that
 * nobody who polls this floods the providers. Nobody's `signal` ends the check that others wait for.
 */
export function rememberedDirectory(directory: ProviderDirectory, nowMs: () => number = Date.now): ProviderDirectory {
  let checking: Promise<readonly ProviderStatus[]> | undefined;
  let checkedMs: number | undefined;
  const check = async (): Promise<readonly ProviderStatus[]> => {
    try {
      const statuses = await directory.check();
      checkedMs = nowMs();
      return statuses;
    } catch (error) {
      checking = undefined;
      throw error;
    }
  };
  return {
    check: () => {
      if (checkedMs !== undefined && nowMs() - checkedMs >= KEPT_MS) {
        checking = undefined;
        checkedMs = undefined;
      }
      checking ??= check();
      return checking;
    },
  };
}
