import { isListening } from '../../src/temporal/ports.js';
import { freePort } from '../../test/support/free-port.js';
import type { ComposeService } from './compose-file.js';
import type { Ports } from './local-service.js';

/** The ports of every process on this machine, by its name. */
export type PortTable = ReadonlyMap<string, Ports>;

/**
 * Where the ports within containers are on this machine: at those that the file publishes, or, not `asPublished`, at free ones as
 * all others. Throws where one that is published is taken.
 */
export async function choosePorts(
  services: readonly ComposeService[],
  { asPublished }: { readonly asPublished: boolean },
): Promise<PortTable> {
  const table = new Map<string, Ports>();
  for (const service of services) {
    for (const name of processNames(service)) {
      const ports = new Map<number, number>();
      for (const port of service.expose) ports.set(port, await freePort());
      for (const { target, published } of service.ports) {
        if (asPublished && (await isListening(published))) throw new Error(taken(service.name, published));
        ports.set(target, asPublished ? published : await freePort());
      }
      table.set(name, ports);
    }
  }
  return table;
}

/** `api-1`, `api-2`. */
export function processNames({ name, deploy }: ComposeService): readonly string[] {
  return Array.from({ length: deploy.replicas }, (_, index) => `${name}-${index + 1}`);
}

function taken(service: string, port: number): string {
  const advice = 'Stop what runs there, or set API_PORT and TEMPORAL_UI_PORT, or take any with --any-ports.';
  return `Port ${port}, at which ${service} is published, is taken. ${advice}`;
}
