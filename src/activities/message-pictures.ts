import type { PictureLimits } from '../core/agents/picture-limits.js';
import type { Message } from '../core/executions/conversation.js';
import { ModelError } from '../core/executions/model-error.js';
import { pictureBytes, takePictures, type Picture } from '../core/executions/picture.js';
import type { RequestMessage } from '../core/executions/turn.js';
import type { JsonValue } from '../core/json/json.js';
import type { Storage } from '../storage/storage.js';

interface Looking {
  readonly executionId: string;
  /** Null: the model takes none. */
  readonly limits: PictureLimits | null;
}

interface SeenMessages {
  readonly messages: readonly RequestMessage[];
  readonly warnings: readonly string[];
}

/**
 * Messages with their pictures, which lie in the inputs of their executions. Those of the execution itself all go along; of
 * earlier ones in the conversation the newest, as many as the model takes, and the others are left out with a warning.
 */
export async function withPictures(
  storage: Pick<Storage, 'executions'>,
  messages: readonly Message[],
  { executionId, limits }: Looking,
): Promise<SeenMessages> {
  const showing = messages.filter(({ pictures = [] }) => pictures.length > 0);
  if (showing.length === 0) return { messages: messages.map(withoutNotes), warnings: [] };
  const isOwn = (message: Message) => message.executionId === executionId;
  // Newest first: its own cannot be left out, and were judged before.
  const inOrder = [...showing.filter(isOwn), ...showing.filter((message) => !isOwn(message)).toReversed()];
  const left = { count: limits?.count ?? 0, bytes: limits?.bytesTogether ?? 0 };
  const kept = new Map<Message, readonly Picture[]>();
  let leftOut = 0;
  for (const message of inOrder) {
    // One execution at a time: an input may be large.
    const pictures = left.count > 0 || isOwn(message) ? await picturesOf(storage, message) : [];
    const bytes = pictures.reduce((sum, picture) => sum + (pictureBytes(picture) ?? limits?.bytesEach ?? 0), 0);
    const fits = pictures.length > 0 && pictures.length <= left.count && bytes <= left.bytes;
    if (!fits && !isOwn(message)) {
      leftOut += message.pictures?.length ?? 0;
      continue;
    }
    kept.set(message, pictures);
    left.count -= pictures.length;
    left.bytes -= bytes;
  }
  return {
    messages: messages.map((message) => ({ ...withoutNotes(message), ...shownIn(kept.get(message)) })),
    warnings: leftOut === 0 ? [] : [leftOutWarning(leftOut)],
  };
}

/** The pictures that the execution itself has to show. */
export async function ownPictures(
  storage: Pick<Storage, 'executions'>,
  messages: readonly Message[],
  executionId: string,
): Promise<readonly Picture[]> {
  const own = messages.filter((message) => message.executionId === executionId && message.pictures !== undefined);
  return (await Promise.all(own.map((message) => picturesOf(storage, message)))).flat();
}

async function picturesOf(storage: Pick<Storage, 'executions'>, message: Message): Promise<readonly Picture[]> {
  const { executionId, pictures: notes = [] } = message;
  const execution = executionId === undefined ? undefined : await storage.executions.get(executionId);
  const found = new Map(readPictures(execution?.input ?? null).map(({ name, picture }) => [name, picture]));
  return notes.flatMap(({ input }) => found.get(input) ?? []);
}

/** It was read when its execution began; other rules since then make no failure of an old message. */
function readPictures(input: JsonValue) {
  try {
    return takePictures(input).pictures;
  } catch (error) {
    if (error instanceof ModelError) return [];
    throw error;
  }
}

function withoutNotes({ pictures: _notes, ...message }: Message): RequestMessage {
  return message;
}

function shownIn(pictures: readonly Picture[] | undefined): Pick<RequestMessage, 'pictures'> {
  return pictures === undefined || pictures.length === 0 ? {} : { pictures };
}

function leftOutWarning(leftOut: number): string {
  const which = leftOut === 1 ? 'An earlier picture' : `${leftOut} earlier pictures`;
  return `${which} of the conversation did not go to the model again: it takes fewer, or none.`;
}
