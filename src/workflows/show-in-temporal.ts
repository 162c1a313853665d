import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

import { describeToken } from '../core/tokens/describe-token.js';
import type { Token } from '../core/tokens/token.js';
import { searchAttributes, searchValue } from '../contract/search-attributes.js';

/** Keeps what the Temporal UI shows and finds of a token current: search attributes, and the details of its workflow. */
export function showInTemporal(token: Token): void {
  const shown = workflowInfo().typedSearchAttributes;
  const wanted = [
    { key: searchAttributes.workflow, value: searchValue(token.workflowId) },
    { key: searchAttributes.place, value: searchValue(token.place) },
    { key: searchAttributes.status, value: token.status },
  ];
  const changed = wanted.filter(({ key, value }) => shown.get(key) !== value);
  if (changed.length > 0) upsertSearchAttributes(changed);
  setCurrentDetails(describeToken(token));
}
