import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { isHeaderText, referencesIn, fillReferences } from '../../core/agents/header-references.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.js';
import { shorten } from '../../core/json/preview.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { isCredentialName, secretsOf } from '../../core/secrets.js';
import type { HttpServer, McpConfig, McpFault, McpServerConfig, ProgramServer } from './server-config.js';

const LARGEST_BYTES = 1024 * 1024;
const SERVER_NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const NOTHING: McpConfig = { servers: [], faults: [], secrets: [] };

type Found = { readonly secret: string } | { readonly problem: string };

/** Where the secrets come from that the file refers to: each is bound to where it may go. */
export interface McpSecrets {
  forHost(name: string, url: URL): Found;
  forServer(name: string, server: string): Found;
}

export interface McpConfigSource {
  readonly path: string;
  /** A file that was not named need not be there. */
  readonly isNamed: boolean;
  readonly secrets: McpSecrets;
}

/** Reads the file that names MCP servers, in the format of other clients: what can be used, and all that is wrong. Never throws. */
export async function readMcpConfig(source: McpConfigSource): Promise<McpConfig> {
  const file = resolve(source.path);
  let text: string;
  try {
    const bytes = await readFile(file);
    if (bytes.byteLength > LARGEST_BYTES)
      return faulty(`${file} has more than ${LARGEST_BYTES} bytes: name fewer servers`);
    text = bytes.toString('utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' && !source.isNamed) return NOTHING;
    return faulty(`${file} cannot be read (${code}): make it, or ${source.isNamed ? 'unset MCP_CONFIG' : 'remove it'}`);
  }
  const servers = serversIn(text);
  if (servers === undefined) return faulty(`${file} is not like {"mcpServers": {"<name>": {"command": "…"}}}: mend it`);
  return configOf(file, servers, source.secrets);
}

function faulty(message: string): McpConfig {
  return { ...NOTHING, faults: [{ message: `${message}.` }] };
}

/** What the parser says would quote the file, which may hold secrets. */
function serversIn(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    const servers = isJsonObject(value) ? value['mcpServers'] : undefined;
    return servers !== undefined && isJsonObject(servers) ? servers : undefined;
  } catch {
    return undefined;
  }
}

function configOf(file: string, entries: JsonObject, secrets: McpSecrets): McpConfig {
  const read = Object.entries(entries)
    .filter(([, entry]) => !isSwitchedOff(entry))
    .map(([name, entry]) => new ServerReader(file, name, secrets).read(entry));
  return {
    servers: read.flatMap(({ server }) => server ?? []),
    faults: read.flatMap(({ faults }) => faults),
    secrets: read.flatMap((one) => one.secrets),
  };
}

/** As other clients have it: it stays in the file, and nobody starts it. */
function isSwitchedOff(entry: JsonValue): boolean {
  return isJsonObject(entry) && entry['disabled'] === true;
}

/** Reads one server of the file, and collects what is wrong with it. */
class ServerReader {
  readonly #file: string;
  readonly #name: string;
  readonly #secrets: McpSecrets;
  readonly #faults: McpFault[] = [];
  readonly #known: string[] = [];
  #transport: McpServerConfig['transport'] | undefined;

  constructor(file: string, name: string, secrets: McpSecrets) {
    this.#file = file;
    this.#name = name;
    this.#secrets = secrets;
  }

  read(entry: JsonValue): {
    readonly server?: McpServerConfig;
    readonly faults: readonly McpFault[];
    readonly secrets: readonly string[];
  } {
    const server = this.#server(entry);
    const known = { faults: this.#faults, secrets: this.#known };
    return server === undefined || this.#faults.length > 0 ? known : { server, ...known };
  }

  #server(entry: JsonValue): McpServerConfig | undefined {
    if (!SERVER_NAME.test(this.#name)) {
      this.#blame('its name', 'may have letters, digits, "_", "-" and ".", at most 64: rename it');
    }
    if (!isJsonObject(entry)) {
      this.#blame('it', 'must be an object with "command" or "url"');
      return undefined;
    }
    if ('command' in entry === 'url' in entry) {
      this.#blame('it', 'must have "command", for a program, or "url", for an address, and not both');
      return undefined;
    }
    this.#transport = 'command' in entry ? 'stdio' : 'streamable_http';
    return 'command' in entry ? this.#program(entry) : this.#http(entry);
  }

  #program(entry: JsonObject): ProgramServer {
    const args = this.#texts('args', entry['args'] ?? []);
    args.forEach((arg, index) => {
      if (referencesIn(arg).some(isCredentialName)) {
        this.#blame(`args/${index}`, 'can be seen by everybody on this machine: give the credential in "env"');
      }
    });
    const command = this.#text('command', entry['command']);
    if (command === '') this.#blame('command', 'must name a program');
    const cwd = entry['cwd'] == null ? undefined : this.#text('cwd', entry['cwd']);
    return {
      ...{ name: this.#name, transport: 'stdio', command, args },
      env: this.#filled('env', entry['env'], (name) => this.#secrets.forServer(name, this.#name)),
      ...(cwd === undefined ? {} : { cwd }),
    };
  }

  #http(entry: JsonObject): HttpServer | undefined {
    const { type } = entry;
    const url = typeof entry['url'] === 'string' ? entry['url'] : '';
    if (type === 'sse') this.#blame('type', 'names a transport that is gone: take the address for streamable HTTP');
    const address = /^https?:\/\//i.test(url) ? parsedUrl(url) : undefined;
    if (address === undefined) {
      this.#blame('url', 'must be an http:// or https:// address');
      return undefined;
    }
    if (address.username !== '' || address.password !== '') {
      this.#blame('url', 'may hold no user and password: give them in "headers"');
    }
    this.#known.push(...secretsOf({ url }));
    const headers = this.#filled('headers', entry['headers'], (name) => this.#secrets.forHost(name, address));
    for (const [name, value] of Object.entries(headers)) {
      if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || !isHeaderText(value)) {
        this.#blame(`headers/${shorten(name)}`, 'is nothing that a header can carry');
      }
    }
    return { name: this.#name, transport: 'streamable_http', url: address, headers };
  }

  #filled(field: string, value: JsonValue | undefined, find: (name: string) => Found): Record<string, string> {
    if (value === undefined || value === null) return {};
    if (!isJsonObject(value)) {
      this.#blame(field, 'must be an object of texts');
      return {};
    }
    const literal = Object.entries(value).map(([name, one]) => [name, this.#text(`${field}/${name}`, one)] as const);
    this.#known.push(...secretsOf(Object.fromEntries(literal)));
    return Object.fromEntries(literal.map(([name, text]) => [name, this.#fill(`${field}/${name}`, text, find)]));
  }

  #fill(field: string, text: string, find: (name: string) => Found): string {
    return fillReferences(text, (name) => {
      const found = isCredentialName(name) ? find(name) : notOurs(name);
      if ('secret' in found) {
        this.#known.push(found.secret);
        return found.secret;
      }
      this.#blame(field, `cannot be filled in: ${found.problem.replace(/\.$/, '')}`);
      return '';
    });
  }

  #texts(field: string, value: JsonValue): readonly string[] {
    if (Array.isArray(value)) return value.map((one: JsonValue, index) => this.#text(`${field}/${index}`, one));
    this.#blame(field, 'must be a list of texts');
    return [];
  }

  #text(field: string, value: JsonValue | undefined): string {
    if (typeof value === 'string' && !value.includes('\0')) return value;
    this.#blame(field, 'must be a text');
    return '';
  }

  #blame(field: string, problem: string): void {
    const message = `${this.#file}: server "${shorten(this.#name)}": ${field} ${problem}.`;
    const transport = this.#transport === undefined ? {} : { transport: this.#transport };
    this.#faults.push({ server: shorten(this.#name), ...transport, message });
  }
}

function notOurs(name: string): Found {
  return { problem: `of \${${shorten(name)}}, only variables that begin with CREDENTIAL_ are filled in` };
}
