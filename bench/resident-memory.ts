import { readFileSync } from 'node:fs';

/** Memory that a process has in RAM, in kilobytes. */
export function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN);
}

/** The Temporal server that `start` runs as a child of its own; 0 where there is none. */
export function serverOf(pid: number): number {
  return childrenOf(pid).find((child) => commandOf(child).includes('start-dev')) ?? 0;
}

function childrenOf(pid: number): readonly number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return listed === '' ? [] : listed.split(' ').map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}
