import type { Applied, AppliedDefinition } from './apply-difference.js';

const WORDS = [
  ['CREATED', 'created'],
  ['CHANGED', 'changed'],
  ['DELETED', 'deleted'],
] as const;

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
