import { join } from 'node:path';

import type { ComposeService } from './compose-file.js';

/** Where a container of a service finds its things, and where they are on this machine: the longest path that fits counts. */
export type Paths = Readonly<Record<string, string>>;
/** The port on this machine of each port within a container. */
export type Ports = ReadonlyMap<number, number>;

/** One of the processes of a service, in the words of this machine. */
export interface LocalService {
  /** `api-1`. */
  readonly name: string;
  readonly image: string;
  /** The entrypoint and the command, in one. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What asks whether it is well; none: it is as soon as it runs. */
  readonly check: readonly string[];
  /** Of this process alone: it runs in it. */
  readonly folder: string;
  readonly paths: Paths;
  readonly ports: Ports;
}

export interface Place {
  readonly name: string;
  readonly folder: string;
  readonly paths: Paths;
  readonly ports: Ports;
  /** Where another service's port is: of its first process, where it has several. */
  readonly addressOf: (service: string, port: number) => string | undefined;
}

/** What a container would be told, as a process of this machine has to be told it. */
export function localService(service: ComposeService, place: Place): LocalService {
  const { name, folder, paths, ports } = place;
  const own = (text: string) => withOwnPorts(localText(text, place), ports);
  return {
    ...{ name, folder, paths, ports },
    image: service.image,
    words: [...(service.entrypoint ?? []), ...service.command].map(own),
    environment: Object.fromEntries(
      Object.entries(service.environment).map(([variable, value]) => [variable, localValue(value, place)]),
    ),
    check: (service.healthcheck?.test ?? []).map(own),
  };
}

/** Paths of the container, and addresses of services, in a text: of a file as well. */
export function localText(text: string, { paths, addressOf }: Pick<Place, 'paths' | 'addressOf'>): string {
  const longestFirst = Object.entries(paths).toSorted(([left], [right]) => right.length - left.length);
  const moved = longestFirst.reduce((before, [there, here]) => {
    const whole = new RegExp(`(?<![\\w./-])${escaped(there)}(?=[/\\s"';)]|$)`, 'g');
    return before.replace(whole, here);
  }, text);
  return moved.replace(
    /(?<![\w.-])([a-z][a-z0-9-]*):(\d+)\b/g,
    (address, name: string, port: string) => addressOf(name, Number(port)) ?? address,
  );
}

/** All interfaces of a container are nobody else's; here they would be. */
function localValue(value: string, place: Place): string {
  if (value === '0.0.0.0') return '127.0.0.1';
  return String(place.ports.get(Number(value)) ?? localText(value, place));
}

/** Its own ports, where they stand alone: `6379`, `--port=5432`, `http://127.0.0.1:8222/healthz`. */
function withOwnPorts(text: string, ports: Ports): string {
  return text.replace(/(?<=^|=|\s|127\.0\.0\.1:|localhost:)\d+(?=$|\s|\/)/g, (digits) =>
    String(ports.get(Number(digits)) ?? digits),
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Where the container's things are: secrets and files of configuration of this process, volumes of the service. */
export function localPaths(
  service: ComposeService,
  folders: { readonly own: string; readonly volumes: string },
): Paths {
  const under = (kind: string, name: string) => join(folders.own, kind, name);
  const places: (readonly [string, string])[] = [
    ...service.secrets.map((name) => [`/run/secrets/${name}`, under('secrets', name)] as const),
    ...service.configs.map(({ source, target }) => [target, under('configs', source)] as const),
    ...service.volumes.map(({ source, target }) => [target, join(folders.volumes, source)] as const),
  ];
  return Object.fromEntries(places);
}
