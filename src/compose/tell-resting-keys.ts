import type { KeyRest } from '../providers/provider-dependencies.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { ProcessParts } from './run-process.js';

/** A limit passes by itself; a key that was refused is for somebody to look at. */
export function tellRestingKeys(
  logger: Pick<ProcessParts['logger'], 'info' | 'warn'>,
  metrics: Pick<Metrics, 'keyRests'>,
): (rest: KeyRest) => void {
  return ({ key, host, kind, forMs }) => {
    metrics.keyRests(kind);
    const facts = { key, host, seconds: Math.ceil(forMs / 1000) };
    switch (kind) {
      case 'limited':
        logger.info(facts, 'a key is limited by its provider and rests');
        return;
      case 'auth':
        logger.warn(facts, 'a key was refused by its provider and is left out: look at it');
        return;
      case 'quota':
        logger.warn(facts, 'the account of a key has no credit left, so it is left out: look at its billing');
    }
  };
}
