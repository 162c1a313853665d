import type { Config } from '../config.js';
import type { Storage } from '../storage/storage.js';
import type { ClaimHome } from '../temporal/refuse-another-home.js';

/** The storage keeps the first Temporal namespace that it is used with, until it is told by its id to take another one. */
export function claimHome({ temporalHome }: Pick<Storage, 'temporalHome'>, { temporal }: Config): ClaimHome {
  return async (home) => {
    const kept = await temporalHome.claim(home);
    if (kept.namespaceId === home.namespaceId || home.namespaceId !== temporal.adoptNamespace) return kept;
    await temporalHome.adopt(home);
    return home;
  };
}
