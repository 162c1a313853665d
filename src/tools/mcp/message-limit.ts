/** What one message of a server may have, in bytes: it is read as a whole. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

export const TOO_LARGE = `it sent more than ${MAX_MESSAGE_BYTES} bytes in one message`;
