import { isJsonObject, type JsonValue } from '../../core/json/json.js';
import { readMessage, type MessageFields } from '../../core/json/read-message.js';
import { validationFailed } from '../../core/errors.js';
import type { AgUiMessage } from './ag-ui-event.js';

/** In UTF-8 bytes: it is kept for as long as its stream is watched. */
export const MAX_INPUT_BYTES = 256 * 1024;
const MAX_ID_LENGTH = 1000;

/** What a page says that asks for a run by AG-UI, as far as it is read. */
export interface AgUiInput {
  readonly threadId: string;
  readonly runId: string;
  /** What the page has: snapshots keep of it what is none of the execution's. */
  readonly messages: readonly AgUiMessage[];
}

/** Throws VALIDATION_FAILED, with all problems, for what is no `RunAgentInput`. */
export function readAgUiInput(body: unknown): AgUiInput {
  const read = readMessage(body, (fields) => ({
    threadId: idIn(fields, 'threadId'),
    runId: idIn(fields, 'runId'),
    messages: messagesIn(fields, isJsonObject(body) ? (body['messages'] ?? []) : []),
  }));
  if ('value' in read) return read.value;
  throw validationFailed('The input of the run', read.problems);
}

function idIn(fields: MessageFields, name: string): string {
  if (!fields.has(name)) fields.refuse(name, `${name} is missing`);
  return fields.text(name, MAX_ID_LENGTH) ?? '';
}

function messagesIn(fields: MessageFields, messages: JsonValue): readonly AgUiMessage[] {
  if (Array.isArray(messages) && messages.every(isAgUiMessage)) return messages;
  fields.refuse('messages', 'messages must be a list of objects with an id each');
  return [];
}

function isAgUiMessage(message: JsonValue): message is AgUiMessage {
  return isJsonObject(message) && typeof message['id'] === 'string';
}
