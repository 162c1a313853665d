import { createHmac, timingSafeEqual } from 'node:crypto';

import { anchorText, type AuditAnchor } from '../core/audit/audit-link.js';

/** Of other uses of the same secret, such as tickets, none signs a text that begins like this. */
const PURPOSE = 'circuit-breaker/audit-anchor\n';

/** The anchor, signed by the first of the secrets, if there is any. */
export function signedAnchor(anchor: AuditAnchor, [secret]: readonly string[]): AuditAnchor {
  return secret === undefined ? anchor : { ...anchor, signature: signatureOf(anchor, secret).toString('hex') };
}

/** Whether one of the secrets has signed it. */
export function isSignedBy(anchor: AuditAnchor, secrets: readonly string[]): boolean {
  const shown = Buffer.from(anchor.signature ?? '', 'hex');
  return secrets.some((secret) => {
    const own = signatureOf(anchor, secret);
    return own.length === shown.length && timingSafeEqual(own, shown);
  });
}

function signatureOf(anchor: AuditAnchor, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(`${PURPOSE}${anchorText(anchor)}`)
    .digest();
}
