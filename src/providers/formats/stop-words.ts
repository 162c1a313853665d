import { isJsonObject, ownValue, type JsonValue } from '../../core/json/json.js';
import type { ExecutionErrorCode } from '../../core/codes.js';
import type { StopReason } from '../../core/executions/turn.js';
import type { AnswerPiece } from '../wire-format.js';

type Meaning = { readonly ends: StopReason } | { readonly fails: ExecutionErrorCode };

/**
 * Every word that APIs and the servers that copy them have for the end of an answer, and what it means. One table for
 * all of them: gateways pass the words of one API on in the answers of another. Words are compared in small letters,
 * without `_`, `-` and blanks, and without the name of an enumeration in front (`FinishReason.STOP`).
 */
const WORDS: readonly (readonly [Meaning, string])[] = [
  [
    { ends: 'stop' },
    'stop endturn stopsequence eos eostoken eosfound endofsequence endoftext complete completed finished stopstringfound stoptoken',
  ],
  [
    { ends: 'length' },
    'length maxtokens maxoutputtokens maxcompletiontokens maxlength modellength tokenlimit contextlength contextlengthexceeded modelcontextwindowexceeded maxpredictedtokensreached contextlengthreached errorlimit',
  ],
  [{ ends: 'tool_calls' }, 'toolcalls toolcall tooluse functioncall functioncalls'],
  [
    { ends: 'content_filter' },
    'contentfilter contentfiltered sensitive safety recitation blocklist prohibitedcontent spii imagesafety imageprohibitedcontent imagerecitation refusal guardrailintervened errortoxic language policyviolation blocked',
  ],
  [
    { fails: 'server' },
    'error networkerror failed failure other malformedfunctioncall malformedtooluse malformedmodeloutput malformedresponse unexpectedtoolcall toomanytoolcalls missingthoughtsignature abort aborted cancelled canceled usercancel usercancelled userstopped modelunloaded noimage imageother',
  ],
  [{ fails: 'overloaded' }, 'insufficientsystemresource overloaded unavailable'],
  [{ fails: 'timeout' }, 'timeout timelimit'],
  // The model did nothing but get loaded; a turn that is only paused has no end.
  [{ fails: 'incomplete_stream' }, 'load unload pauseturn'],
];

/** What stands where a reason will be, while there is none. */
const NONE = new Set(['', 'null', 'none', 'notfinished', 'inprogress', 'unspecified', 'finishreasonunspecified']);

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  WORDS.flatMap(([meaning, words]) => words.split(' ').map((word): [string, Meaning] => [word, meaning])),
);

/** Why a provider says that it stops; nothing where it says nothing. A word that nobody knows is no good end. */
export function stopOf(value: JsonValue | undefined): Pick<AnswerPiece, 'stop'> {
  // Some servers say it as an object, `{"type": "length", …}`.
  const said = isJsonObject(value) ? ownValue(value, 'type') : value;
  if (typeof said !== 'string') return {};
  const plain = said
    .slice(said.lastIndexOf('.') + 1)
    .replaceAll(/[_\s-]/g, '')
    .toLowerCase();
  if (NONE.has(plain)) return {};
  return { stop: { word: said, ...(MEANINGS.get(plain) ?? { fails: 'incomplete_stream' }) } };
}
