/** The text of a body up to so many bytes; what is beyond is left unread and the body is cancelled. */
export async function readText(body: ReadableStream<Uint8Array>, largestBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.byteLength;
    if (size >= largestBytes) break;
  }
  return Buffer.concat(parts).subarray(0, largestBytes).toString('utf8');
}
