/** Where Temporal's UI and CLI have payloads decrypted and encrypted, as they know it: the endpoint, and what is asked for. */
export const CODEC_ENDPOINT = '/codec';
export const DECODE_ROUTE = `${CODEC_ENDPOINT}/decode`;
export const ENCODE_ROUTE = `${CODEC_ENDPOINT}/encode`;

/** Whether a path, or a route, is one of both. */
export function isCodecPath(path: string | undefined): boolean {
  return path === DECODE_ROUTE || path === ENCODE_ROUTE;
}
