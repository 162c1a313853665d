import { persistently } from '../activities/persistently.js';
import { secretMask } from '../core/secrets.js';
import type { WebAccess } from '../http/web-access.js';
import { fireTransition } from '../operations/fire-transition.js';
import type { OperationParts } from '../operations/operation-parts.js';
import { knownToken, transitionsForAgent } from '../operations/token-of-agent.js';
import { secretForHost, type Credentials } from '../providers/keys/host-bound-keys.js';
import { httpFetchTool, type HttpFetchParts } from '../tools/built-in/http-fetch.js';
import type { TokenAccess } from '../tools/built-in/token-access.js';
import { tokenTools } from '../tools/built-in/token-tools.js';
import { ToolError } from '../tools/tool-error.js';
import type { Tool } from '../tools/tool.js';

export interface BuiltInParts extends OperationParts {
  /** Absent: no host may be reached, and there is no `http.fetch`. */
  readonly http?: HttpFetchParts;
}

/** The tools that every worker has. */
export function builtInTools(parts: BuiltInParts): ReadonlyMap<string, Tool> {
  const tools = [...tokenTools(tokenAccess(parts)), ...(parts.http === undefined ? [] : [httpFetchTool(parts.http)])];
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** What `http.fetch` is made of; undefined where configuration names no hosts. */
export function toolHttp(web: WebAccess, credentials: Credentials): HttpFetchParts | undefined {
  if (web.hosts.length === 0) return undefined;
  return { web, secretFor: (name, url) => secretFor(name, url, credentials), mask: secretMask(credentials.secrets) };
}

function secretFor(name: string, url: URL, credentials: Credentials): string {
  const found = secretForHost(name, url, credentials);
  if ('problem' in found) throw new ToolError(found.problem);
  return found.secret;
}

function tokenAccess(parts: OperationParts): TokenAccess {
  return {
    read: (tokenId, signal) => persistently(signal, () => knownToken(parts, tokenId)),
    transitions: (who, signal) => persistently(signal, () => transitionsForAgent(parts, who)),
    fire: (tokenId, request, signal) => persistently(signal, () => fireTransition(parts, { tokenId, ...request })),
  };
}
