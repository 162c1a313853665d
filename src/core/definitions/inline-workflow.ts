/** What the id of such a workflow has, and no other. */
export const INLINE_MARK = ':inline-';
/** What they are together, where workflows are counted: each has an id of its own, of which there is no end. */
export const INLINE_WORKFLOWS = 'inline';
const NAME_LENGTH = 150;
const HASH_LENGTH = 12;

/** The id under which a definition is stored that a token brought along: made from its content, never one that is saved. */
export function inlineWorkflowId(name: string, hash: string): string {
  return `${name.slice(0, NAME_LENGTH)}${INLINE_MARK}${hash.slice(0, HASH_LENGTH)}`;
}

/** Whether a workflow came with a token: it is in use as long as tokens of it are active, and not beyond. */
export function isInlineWorkflow(id: string): boolean {
  return id.includes(INLINE_MARK);
}

/** What a workflow is counted as. */
export function countedWorkflow(id: string): string {
  return isInlineWorkflow(id) ? INLINE_WORKFLOWS : id;
}
