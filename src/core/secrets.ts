import { withoutEndingSlashes } from './ending-slashes.js';
import { parsedUrl } from './parsed-url.js';

/**
 * The one answer to what is secret here: which names say so, what of a value is secret, how an address is shown, and what
 * keeps a text from showing any of it. Whoever reads the environment, judges a definition, logs, quotes or prints asks here.
 */

/** The last word of names whose values are secret. */
const SECRET_WORDS =
  /^(?:authorization|cookie|credentials?|pwd|.*(?:api-?key|passwd|password|passphrase|secret|token))$/;
/** Keys that open something. Others are idempotency keys, cache keys, primary keys. */
const OPENING_KEY =
  /-(?:access|account|admin|api|auth|client|encryption|functions|master|private|secret|service|shared|signing|subscription)-keys?(?:-data)?$/;
/** The shell's own: the folder that it is in stands in most of what a process says. */
const WORKING_FOLDER = 'PWD';
/** Tokens of a tokenizer, by which text is written down. */
const WORD_TOKEN = /-(?:bos|cls|end|eos|image|mask|pad|sep|start|stop|unk)-token$/;
const CREDENTIAL_VARIABLE = /^CREDENTIAL_[A-Z0-9_]+$/;
/** Before these a user's name alone opens nothing; elsewhere it is a token. */
const NAME_IS_PUBLIC = ['postgres:', 'postgresql:', 'redis:', 'rediss:'];
/** Shorter ones would hide words that are no secrets. */
const SHORTEST = 6;
/** What looks like a key, whoever's it is. */
const KEY_LIKE =
  /\b(?:sk|pk|rk)[-_][\w*.-]{6,}|\bcb_[\w-]{40,}|\bAIza[\w-]{10,}|\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}|\bbearer\s+[\w.~+/=*-]{8,}/gi;
const MASK = '[secret]';

/** Whether the name of a variable, a header, an option or a field says that its value is a secret. */
export function isSecretName(name: string): boolean {
  if (isCredentialName(name)) return true;
  if (name === WORKING_FOLDER) return false;
  const words = `-${name.replace(/([a-z0-9])([A-Z])/g, '$1-$2')}`.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
  if (WORD_TOKEN.test(words)) return false;
  return OPENING_KEY.test(words) || SECRET_WORDS.test(words.slice(words.lastIndexOf('-') + 1));
}

/** Whether it is the name of a variable that holds a credential for agents. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_VARIABLE.test(name) && !name.endsWith('_HOSTS') && !name.endsWith('_FILE');
}

/** Whether the value of a variable may be secret, or have a secret in it. */
export function mayHoldSecret(name: string): boolean {
  return isSecretName(name) || /_URLS?$/.test(name);
}

/** Everything secret in an environment: the values of secret names, and what opens an address. */
export function secretsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  const all = Object.entries(environment).flatMap(([name, value]) =>
    isSecretName(name) ? [value, ...value.split(/[\r\n]+/), ...keysIn(name, value)] : addressesIn(name, value),
  );
  return [...new Set(all.map((secret) => secret.trim()).filter((secret) => secret !== ''))];
}

/** Each key of a list of them: a message may show one without the others. */
function keysIn(name: string, value: string): readonly string[] {
  return name.endsWith('_KEYS') || isCredentialName(name) ? value.split(',') : [];
}

function addressesIn(name: string, value: string): readonly string[] {
  const addresses = name.endsWith('_URLS') ? value.split(',').map((address) => address.trim()) : [value];
  return addresses.flatMap(secretsInAddress);
}

/** The value of a variable, for a message about it. */
export function shownValue(name: string, value: string): string {
  if (isSecretName(name)) return 'not valid';
  return `"${withoutKeys(secretMask(secretsInAddress(value))(value))}"`;
}

/** An address as a person may read it: without the user, password and query that it may hold. */
export function shownAddress(url: string | URL): string {
  const { protocol, host, pathname } = new URL(url);
  return withoutEndingSlashes(`${protocol}//${host}${pathname}`);
}

/** Hides secrets wherever they turn up in a text, also as they look within JSON, an address, base64 or hexadecimal. */
export function secretMask(secrets: readonly string[]): (text: string) => string {
  // Longest first: one that is part of another must not leave the rest of it behind.
  const forms = [...new Set(hideable(secrets).flatMap(formsOf))].sort((left, right) => right.length - left.length);
  return (text) =>
    // Also what opens an address that nobody here knows, and what is too short to be looked for everywhere.
    forms.reduce((masked, form) => masked.replaceAll(form, MASK), text).replace(/:\/\/[^\s/@?#"'<>]*@/g, `://${MASK}@`);
}

/** Hides what looks like a key: for texts of others, who may have keys that are unknown here. */
export function withoutKeys(text: string): string {
  return text.replaceAll(KEY_LIKE, MASK);
}

/**
 * Whether a text repeats a secret in any guise: another case, escaped for JSON, HTML or an address, over several lines, in
 * base64 or hexadecimal, alone or as part of something longer. For texts of others, which are better left out than shown
 * in part.
 */
export function showsSecret(text: string, secrets: readonly string[]): boolean {
  const seen = plain(text);
  return hideable(secrets).some((secret) =>
    [secret, hexadecimal(secret), ...base64Cores(secret)].some((form) => seen.includes(plain(form))),
  );
}

function hideable(secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => secret.length >= SHORTEST);
}

/** What opens an address: its password or token, as it stands there and as it is, and secrets in its query. */
function secretsInAddress(address: string): readonly string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return [];
  // A password with a `/` or `#` in it makes an address that nobody can read: it may be anything up to the last `@`.
  const url = parsedUrl(address);
  if (url === undefined) {
    const opening = address.slice(address.indexOf('://') + 3, Math.max(0, address.lastIndexOf('@')));
    return [opening, opening.includes(':') ? opening.slice(opening.indexOf(':') + 1) : ''];
  }
  const { protocol, username, password, searchParams } = url;
  const opening = password === '' && !NAME_IS_PUBLIC.includes(protocol) ? username : password;
  const inQuery = [...searchParams].filter(([name]) => name === 'key' || name === 'sig' || isSecretName(name));
  return [opening, decoded(opening), ...inQuery.map(([, value]) => value)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function formsOf(secret: string): readonly string[] {
  const inJson = jsonEscaped(secret);
  const encoded = encodeURIComponent(secret);
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1);
  const hex = hexadecimal(secret);
  return [
    ...[secret, inJson, jsonEscaped(inJson)],
    ...[encoded, inForm].flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]),
    ...[hex, hex.toUpperCase()],
    ...base64Cores(secret),
  ];
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function hexadecimal(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** In small letters, without escapes and blanks: what all spellings of a secret have in common. */
function plain(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})|\\u00([0-9a-f]{2})/gi, (_, percent?: string, unicode?: string) =>
      String.fromCharCode(Number.parseInt(percent ?? unicode ?? '20', 16)),
    )
    .replace(/&(?:#(\d{2,3})|(amp|lt|gt|quot|apos));/gi, (_, code?: string, name?: string) =>
      name === undefined ? String.fromCharCode(Number(code)) : (NAMED_CHARACTERS[name.toLowerCase()] ?? ''),
    )
    .replace(/\\[nrt]|[\\\s]/g, '')
    .toLowerCase();
}

const NAMED_CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What base64 has of a secret wherever it begins in what was encoded, without the letters it shares with its surroundings. */
function base64Cores(secret: string): readonly string[] {
  const latin = [...new TextEncoder().encode(secret)].map((byte) => String.fromCharCode(byte)).join('');
  return [0, 1, 2].flatMap((offset) => {
    const padded = '\0'.repeat(offset) + latin;
    const whole = btoa(padded).replace(/(?<!=)=+$/, '');
    const core = whole.slice(offset === 0 ? 0 : offset + 1, padded.length % 3 === 0 ? undefined : -1);
    return core.length < SHORTEST ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
