import { readManifest } from '../../compose/manifest.js';
import { missing, ok, type Finding } from './finding.js';

const SUBJECT = 'Node.js';

/** Against the versions that package.json asks for. */
export async function checkNode(): Promise<Finding> {
  const { engines } = await readManifest();
  const lowest = engines.node.replace(/^>=/, '');
  const { node } = process.versions;
  if (isAtLeast(node, lowest)) return ok(SUBJECT, node);
  return missing(SUBJECT, `This is ${node}; ${lowest} or later is needed: https://nodejs.org/`);
}

export function isAtLeast(version: string, lowest: string): boolean {
  return version.localeCompare(lowest, 'en', { numeric: true }) >= 0;
}
