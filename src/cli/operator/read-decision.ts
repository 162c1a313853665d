import { wordsOf } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json/json.js';

/** What a person said about a call: yes, with other arguments perhaps, or no, with the reason that goes to the model. */
export type Decision =
  { readonly type: 'approve'; readonly arguments?: JsonObject } | { readonly type: 'reject'; readonly reason?: string };

/** Reads a line of a person; `advice` where it is none of the answers. Undefined: nobody is there, which is a no. */
export function readDecision(
  line: string | undefined,
): Decision | { readonly type: 'unclear'; readonly advice: string } {
  if (line === undefined) return { type: 'reject', reason: 'Nobody was there to be asked.' };
  const answer = line.trim();
  if (/^y(?:es)?$/i.test(answer)) return { type: 'approve' };
  const [word = '', ...reason] = answer.split(/\s+/);
  if (/^no?$/i.test(word)) return { type: 'reject', ...(reason.length === 0 ? {} : { reason: reason.join(' ') }) };
  if (!answer.startsWith('{')) return { type: 'unclear', advice: 'Type y, or n, or a JSON object.' };
  try {
    const given: unknown = JSON.parse(answer);
    if (isJsonObject(given)) return { type: 'approve', arguments: given };
    return { type: 'unclear', advice: 'Arguments are a JSON object.' };
  } catch (error) {
    return { type: 'unclear', advice: `These are no arguments in JSON: ${wordsOf(error)}` };
  }
}
