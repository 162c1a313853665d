import { subjectToken } from '../../backends/nats/nats-subject.js';

/** A key as a bucket may have it: its parts as tokens, with `=` where a subject's token has `%`, and no colon. */
export function bucketKey(key: string): string {
  return key
    .split('/')
    .map((part) => subjectToken(part).replaceAll('%', '=').replaceAll(':', '=3A'))
    .join('.');
}
