import { readDateTime } from '../json/date-time.js';
import { jsonPointer } from '../json/json-pointer.js';
import { isJsonArray } from '../json/json-fields.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import type { Problem } from '../json/problem.js';
import { shorten } from '../json/preview.js';
import type { AccessEntry } from './access-entry.js';
import { isRole, ROLES } from './role.js';

const MAX_ENTRIES = 1000;
const MAX_WORKFLOWS = 1000;
const NAME = /^[^\p{Cc}\p{Cs}]{1,100}$/u;
const SHA_256 = /^[0-9a-f]{64}$/i;
const FIELDS: ReadonlySet<string> = new Set(['name', 'sha256', 'role', 'workflows', 'expires']);

/** Reads the list of tokens that an operator wrote, or all that is wrong with it. Values are not quoted: one may be a token. */
export function readAccessEntries(list: JsonValue): Parsed<readonly AccessEntry[]> {
  if (!isJsonArray(list)) return { problems: [wrong([], 'it must be a list of entries with name, sha256 and role')] };
  if (list.length > MAX_ENTRIES) return { problems: [wrong([], `it has more than ${MAX_ENTRIES} entries`)] };
  const problems: Problem[] = [];
  const entries = list.flatMap((one, index) => readEntry(one, index, problems) ?? []);
  const names = new Set<string>();
  entries.forEach(({ name }, index) => {
    if (names.has(name)) problems.push(wrong([index, 'name'], `there are two entries of the name "${shorten(name)}"`));
    names.add(name);
  });
  return problems.length === 0 ? { value: entries } : { problems };
}

function readEntry(entry: JsonValue, index: number, problems: Problem[]): AccessEntry | undefined {
  const before = problems.length;
  const blame = (field: string, message: string) => problems.push(wrong([index, field], `${field} ${message}`));
  if (!isJsonObject(entry)) {
    problems.push(wrong([index], 'an entry must have name, sha256 and role'));
    return undefined;
  }
  for (const field of Object.keys(entry)) {
    if (!FIELDS.has(field)) blame(shorten(field), `is unknown: an entry has ${[...FIELDS].join(', ')}`);
  }
  const { name, sha256, role } = entry;
  if (typeof name !== 'string' || !NAME.test(name)) blame('name', 'must be a text of 1 to 100 characters');
  if (typeof sha256 !== 'string' || !SHA_256.test(sha256)) {
    blame('sha256', 'must be 64 hexadecimal digits: the SHA-256 of the token, and not the token');
  }
  if (!isRole(role)) blame('role', `must be one of ${ROLES.join(', ')}`);
  const workflows = readWorkflows(entry);
  if (workflows === 'wrong') blame('workflows', `must be a list of 1 to ${MAX_WORKFLOWS} workflow ids`);
  const expiresAt = readExpiry(entry);
  if (expiresAt === 'wrong') blame('expires', 'must be a time like 2027-01-31T00:00:00Z');
  if (problems.length > before) return undefined;
  return {
    name: name as string,
    sha256: (sha256 as string).toLowerCase(),
    role: role as AccessEntry['role'],
    ...(Array.isArray(workflows) ? { workflows } : {}),
    ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
  };
}

function readWorkflows({ workflows = null }: JsonObject): readonly string[] | undefined | 'wrong' {
  if (workflows === null) return undefined;
  const isList = isJsonArray(workflows) && workflows.length > 0 && workflows.length <= MAX_WORKFLOWS;
  if (!isList || !workflows.every((id) => typeof id === 'string' && id !== '')) return 'wrong';
  return workflows as readonly string[];
}

function readExpiry({ expires = null }: JsonObject): number | undefined | 'wrong' {
  if (expires === null) return undefined;
  const at = typeof expires === 'string' ? readDateTime(expires) : undefined;
  return at === undefined ? 'wrong' : Date.parse(at);
}

function wrong(path: readonly (string | number)[], message: string): Problem {
  return { code: 'BAD_VARIABLE', pointer: jsonPointer(path), message };
}
