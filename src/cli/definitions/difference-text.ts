import type { MemberChange } from '../../core/definitions/definition-changes.js';
import { shorten, shown } from '../../core/json/preview.js';
import type { Different, FolderDifference } from './folder-difference.js';

/** Of one definition. */
const MOST_MEMBERS = 50;

/** Whether saving the folder would change anything. */
export function isDifferent({ agents, workflows }: FolderDifference): boolean {
  return agents.length > 0 || workflows.length > 0;
}

/** A difference in words, a line each. */
export function differenceLines({ agents, workflows, onlyThere }: FolderDifference): readonly string[] {
  return [
    ...agents.flatMap((each) => lines('agent', each)),
    ...workflows.flatMap((each) => lines('workflow', each)),
    ...onlyThere.agents.map((id) => `  agent ${id} is only on the server`),
    ...onlyThere.workflows.map((id) => `  workflow ${id} is only on the server`),
    ...onlyThere.placeAgents.map(
      ({ id, workflowId, placeId }) =>
        `  place agent ${id} is only on the server: it was added to place ${placeId} of workflow ${workflowId}`,
    ),
  ];
}

function lines(kind: string, { id, file, change, members }: Different): readonly string[] {
  if (change === 'CREATED') return [`+ ${kind} ${id} is new (${file})`];
  const left = members.length - MOST_MEMBERS;
  return [
    `~ ${kind} ${id} changes (${file})`,
    ...members.slice(0, MOST_MEMBERS).map((member) => `    ${memberLine(member)}`),
    ...(left > 0 ? [`    and ${left} more members`] : []),
  ];
}

function memberLine({ at, before, after }: MemberChange): string {
  if (before === undefined) return `${at}: now ${shown(after ?? null)}`;
  if (after === undefined) return `${at}: no longer ${shown(before)}`;
  if (typeof before === 'string' && typeof after === 'string') return `${at}: ${textChange(before, after)}`;
  return `${at}: ${shown(before)} → ${shown(after)}`;
}

/** Of long texts, the first line that is another. */
function textChange(before: string, after: string): string {
  const [was, is] = [before.split('\n'), after.split('\n')];
  if (was.length === 1 && is.length === 1) return `${quoted(before)} → ${quoted(after)}`;
  const first = is.findIndex((line, index) => line !== was[index]);
  const at = first === -1 ? is.length : first;
  const sizes = was.length === is.length ? '' : `${was.length} → ${is.length} lines, `;
  return `${sizes}from line ${at + 1} on: ${lineAt(was, at)} → ${lineAt(is, at)}`;
}

function lineAt(all: readonly string[], index: number): string {
  const line = all[index];
  return line === undefined ? 'the end' : quoted(line);
}

function quoted(text: string): string {
  return JSON.stringify(shorten(text));
}
