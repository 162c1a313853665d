import type { Told, TrustedProxies } from './trusted-proxies.js';

/** Where a call comes from. */
export interface CallOrigin {
  readonly requestId: string;
  /** Absent: its connection is gone already. */
  readonly address?: string;
}

export function callOrigin(
  { proxies }: { readonly proxies: TrustedProxies },
  request: Told,
  requestId: string,
): CallOrigin {
  const address = proxies.callerAddress(request);
  return { requestId, ...(address === undefined ? {} : { address }) };
}
