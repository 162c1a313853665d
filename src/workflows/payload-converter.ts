import {
  DefaultPayloadConverter,
  type ConverterHint,
  type Payload,
  type SerializationContext,
} from '@temporalio/common';
import { decode } from '@temporalio/common/lib/encoding.js';

import { unreadablePayload } from '../contract/unreadable-payload.js';

/** A media type in the usual characters: others are not repeated to anybody. */
const NAMED = /^[\w/.+-]{1,100}$/;

/**
 * Encodes as the SDK does, and gives an `UnreadablePayload` for what it cannot decode. The SDK decodes the arguments of a
 * message before any handler sees them: where that throws, the workflow task fails, as does every further try, and the
 * token stands still for good. What activities send is our own, and throws.
 */
class LenientPayloadConverter extends DefaultPayloadConverter {
  override fromPayload<T>(payload: Payload, context?: SerializationContext, hint?: ConverterHint<T>): T;
  override fromPayload(payload: Payload, context?: SerializationContext, hint?: ConverterHint): unknown {
    try {
      return super.fromPayload(payload, context, hint);
    } catch (error) {
      if (context?.type === 'activity') throw error;
      return unreadablePayload(`a payload ${encodingOf(payload)} cannot be read: send JSON`);
    }
  }
}

/** For the bundle of the workflows, which finds it by this name. */
export const payloadConverter = new LenientPayloadConverter();

function encodingOf({ metadata }: Payload): string {
  const bytes = metadata?.['encoding'];
  if (bytes === undefined) return 'without an encoding';
  const encoding = decode(bytes);
  return NAMED.test(encoding) ? `encoded as ${encoding}` : 'of an unknown encoding';
}
