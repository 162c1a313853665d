/** What a refusal for want of a token says that it wants (RFC 6750). */
export const CHALLENGE = 'Bearer realm="circuit-breaker"';
