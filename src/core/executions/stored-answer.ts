import type { ExecutionErrorCode } from '../codes.js';

/** What came of one line of a batch: an answer as its provider sent it, or why there is none. */
export type StoredAnswer =
  | {
      readonly type: 'answered';
      /** Of HTTP, as the line says it. */
      readonly status: number;
      readonly requestId: string;
      /** As JSON, unread. */
      readonly body: string;
    }
  | { readonly type: 'failed'; readonly code: ExecutionErrorCode; readonly message: string };
