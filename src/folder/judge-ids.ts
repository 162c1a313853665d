import type { Problem } from '../core/json/problem.js';
import { idPointer, quoted } from './definition-names.js';
import type { DefinitionSource } from './definition-source.js';
import type { FolderProblem } from './folder-problem.js';
import { inSource } from './written-place.js';

interface Named {
  readonly source: DefinitionSource;
  readonly id?: string;
  readonly name?: string;
}

export const NO_ID: Problem = {
  code: 'ID_MISSING',
  pointer: '/name',
  message: 'no id can be made from the name: give an `id`',
};

/** Each definition whose id another file of its kind has as well, in the order of the files. */
export function takenIds(all: readonly Named[]): readonly FolderProblem[] {
  const first = new Map<string, string>();
  return all.flatMap(({ source, id }) => {
    if (id === undefined) return [];
    const other = first.get(id);
    if (other === undefined) {
      first.set(id, source.file.file);
      return [];
    }
    const pointer = idPointer(source.input);
    const message = `${quoted(id)} is the id of ${other} already: give one of them another \`id\``;
    return inSource(source, [{ code: 'DUPLICATE_ID', pointer, message }]);
  });
}

/**
 * Agents that are called by each other's ids, in a circle: nobody could tell which one a name means. Told once, at the last of them.
 */
export function namesInCircles(agents: readonly Named[]): readonly FolderProblem[] {
  const byId = new Map(agents.flatMap((agent) => (agent.id === undefined ? [] : [[agent.id, agent] as const])));
  const seen = new Set<Named>();
  return agents.flatMap((start) => {
    const way: Named[] = [];
    for (let at: Named | undefined = start; at !== undefined && !seen.has(at); at = byId.get(at.name ?? '')) {
      seen.add(at);
      way.push(at);
    }
    const end = byId.get(way.at(-1)?.name ?? '');
    const circle = end === undefined ? [] : way.slice(way.indexOf(end));
    if (end === undefined || !way.includes(end) || circle.length < 2) return [];
    const last =
      circle.toSorted((one, other) => (one.source.file.file < other.source.file.file ? -1 : 1)).at(-1) ?? end;
    const ids = circle.map(({ id = '' }) => quoted(id)).join(', ');
    const message = `the agents ${ids} are called by each other's ids: give them other names`;
    return inSource(last.source, [{ code: 'NAME_AMBIGUOUS', pointer: '/name', message }]);
  });
}
