import { parsedUrl } from './parsed-url.js';

/** A host that may be reached: by its name, or all below a name. */
export interface HostRule {
  /** As a URL has it: in small letters, Punycode, an IPv6 address in brackets. */
  readonly name: string;
  /** `*.name`: every host below it, and not the name itself. */
  readonly isWildcard: boolean;
  /** Absent: 443 for https, 80 for http. */
  readonly port?: string;
}

/** Where requests may go that agents and documents name. */
export interface WebHosts {
  /** Where tools and fetched pictures may go: there, and nowhere else. */
  readonly hosts: readonly HostRule[];
  /** Hosts that may be at any address, also of this machine and its network; all others are reached at public ones only. */
  readonly privateHosts: readonly HostRule[];
}

/** Every host, but for addresses at which clouds tell the secrets of a machine: those have to be named. */
export const ANY_HOST: HostRule = { name: '', isWildcard: true };

/** How an entry of the list may look, for people. */
export const HOST_RULE = 'a host, host:port or *.host';

/** Reads `api.example.com`, `api.example.com:8443`, `*.example.com` or `[::1]:8080`; undefined for anything else. */
export function parseHostRule(text: string): HostRule | undefined {
  const isWildcard = text.startsWith('*.');
  const rest = isWildcard ? text.slice(2) : text;
  const address = `http://${rest}`;
  const url = /^[^\s/?#@*%\\]+$/.test(rest) ? parsedUrl(address) : undefined;
  if (url === undefined) return undefined;
  const port = /:(\d+)$/.exec(rest.replace(/^\[[^\]]*\]/, ''))?.[1];
  const name = hostName(url);
  if (name === '' || (isWildcard && !name.includes('.')) || (rest.endsWith(':') && port === undefined))
    return undefined;
  return { name, isWildcard, ...(port === undefined ? {} : { port: String(Number(port)) }) };
}

/** Whether one of the rules lets a request go to an address. */
export function allowsHost(rules: readonly HostRule[], url: URL): boolean {
  return rules.some((rule) => isNamedBy(rule, url) && portOf(url) === (rule.port ?? defaultPort(url)));
}

/** Whether one of the rules names the host of an address: one without a port names it at every port. */
export function namesHost(rules: readonly HostRule[], url: URL): boolean {
  return rules.some((rule) => isNamedBy(rule, url) && (rule.port === undefined || rule.port === portOf(url)));
}

/** The rule that names the host and port of an address, and no other. */
export function hostRuleOf(url: URL): HostRule {
  return { name: hostName(url), isWildcard: false, port: portOf(url) };
}

function isNamedBy(rule: HostRule, url: URL): boolean {
  if (rule === ANY_HOST) return false;
  const name = hostName(url);
  return rule.isWildcard ? name.endsWith(`.${rule.name}`) : name === rule.name;
}

/** A rule as its list has it. */
export function hostRuleText({ name, isWildcard, port }: HostRule): string {
  return `${isWildcard ? '*.' : ''}${name}${port === undefined ? '' : `:${port}`}`;
}

/** The name of a URL's host, in one spelling: `example.com.` is `example.com`. */
export function hostName({ hostname }: URL): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function portOf(url: URL): string {
  return url.port !== '' ? url.port : defaultPort(url);
}

function defaultPort({ protocol }: URL): string {
  return protocol === 'https:' ? '443' : '80';
}
