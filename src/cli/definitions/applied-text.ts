import type { Applied, AppliedDefinition } from './apply-difference.js';

const WORDS = [
  ['CREATED', 'created'],
  ['CHANGED', 'changed'],
  ['DELETED', 'deleted'],
] as const;

/** What becomes of tokens where workflows have changed: a line for each of these. */
export function migrationLines({ workflows }: Applied): readonly string[] {
  return workflows.flatMap(({ id, version, change }) => {
    if (change !== 'CHANGED' || version === null) return [];
    const command = `circuit-breaker migrate ${id} --from ${version - 1} --to ${version}`;
    return [`  ${id} is version ${version} now. Tokens that run keep theirs, until ${command}`];
  });
}

/** What was saved, counted: `1 agent changed, 1 workflow created`. */
export function appliedText(applied: Applied): string {
  const counted = (what: string, all: readonly AppliedDefinition[]) =>
    WORDS.flatMap(([change, word]) => {
      const count = all.filter((each) => each.change === change).length;
      return count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'} ${word}`];
    });
  const parts = [
    ...counted('agent', applied.agents),
    ...counted('workflow', applied.workflows),
    ...counted('place agent', applied.placeAgents),
  ];
  return parts.join(', ') || 'nothing, since all of it is there';
}
