import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

import { describeToken } from '../core/tokens/describe-token.js';
import type { Token } from '../core/tokens/token.js';
import { searchAttributes, searchValue } from '../contract/search-attributes.js';
import { noteEvent } from './turns.js';

/** Keeps what the Temporal UI shows and finds of a token current: search attributes, and the details of its workflow. */
export function showInTemporal(token: Token): void {
  showSearchAttributes([
    { key: searchAttributes.workflow, value: searchValue(token.workflowId) },
    { key: searchAttributes.place, value: searchValue(token.place) },
    { key: searchAttributes.status, value: token.status },
  ]);
  setCurrentDetails(describeToken(token));
}

interface Shown {
  readonly key: (typeof searchAttributes)[keyof typeof searchAttributes];
  readonly value: string;
}

/** Keeps what Temporal finds the running workflow by current. */
export function showSearchAttributes(wanted: readonly Shown[]): void {
  const shown = workflowInfo().typedSearchAttributes;
  const changed = wanted.filter(({ key, value }) => shown.get(key) !== value);
  if (changed.length === 0) return;
  upsertSearchAttributes(changed);
  noteEvent();
}
