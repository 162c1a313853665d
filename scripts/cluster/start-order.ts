import type { ComposeFile, ComposeService } from './compose-file.js';

/** Those that are started as processes, what others need before those others; and those that the stand-in has within it. */
export interface StartOrder {
  readonly started: readonly ComposeService[];
  readonly within: readonly ComposeService[];
}

/**
 * In which order the services of a file are started. `isWithin` says which images a local program has within it: what only
 * those need is not needed either. Throws for a service that needs itself, or one that there is not.
 */
export function startOrder(
  { services }: Pick<ComposeFile, 'services'>,
  { isStandIn, isWithin }: Readonly<Record<'isStandIn' | 'isWithin', (image: string) => boolean>>,
): StartOrder {
  const all = Object.values(services);
  const dependents = (name: string) => all.filter((one) => Object.hasOwn(one.depends_on, name));
  const standsWithin = ({ image }: ComposeService) => isStandIn(image) || isWithin(image);
  const isNeeded = (service: ComposeService): boolean => {
    if (isStandIn(service.image)) return true;
    if (isWithin(service.image)) return false;
    const by = dependents(service.name);
    return by.length === 0 || !by.every(standsWithin);
  };
  const started: ComposeService[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    const service = services[name];
    if (service === undefined) throw new Error(`${path.at(-1) ?? ''} depends on ${name}, which there is not.`);
    if (path.includes(name)) throw new Error(`${[...path, name].join(' depends on ')}.`);
    for (const needed of Object.keys(service.depends_on)) visit(needed, [...path, name]);
    if (isNeeded(service) && !started.includes(service)) started.push(service);
  };
  for (const { name } of all) visit(name, []);
  return { started, within: all.filter((one) => !started.includes(one)) };
}
