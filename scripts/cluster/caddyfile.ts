import { readFileSync } from 'node:fs';

export interface ProxySettings {
  readonly listens: number;
  /** The service that it is in front of. */
  readonly name: string;
  readonly port: number;
}

/** What our Caddyfile says of who is served where. Throws when it is written in another way than this reads. */
export function proxySettings(path: string): ProxySettings {
  const text = readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, '');
  const listens = /^:(\d+) \{/m.exec(text)?.[1];
  const name = /^\s*name ([\w-]+)$/m.exec(text)?.[1];
  const port = /^\s*port (\d+)$/m.exec(text)?.[1];
  if (listens === undefined || name === undefined || port === undefined) {
    throw new Error(`${path} is not read: it needs \`:PORT {\`, and within \`dynamic a\` a \`name\` and a \`port\`.`);
  }
  return { listens: Number(listens), name, port: Number(port) };
}
