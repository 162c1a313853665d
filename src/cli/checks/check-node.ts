import semver from 'semver';

import { readManifest } from '../../compose/manifest.js';
import { missing, note, ok, type Finding } from './finding.js';

const SUBJECT = 'Node.js';

/** Checks this Node against the versions that package.json asks for. */
export async function checkNode(): Promise<Finding> {
  const { engines } = await readManifest();
  return judgeNode(process.versions.node, engines.node);
}

/** `supported` is a range as npm reads it. */
export function judgeNode(version: string, supported: string): Finding {
  if (!semver.satisfies(version, supported)) {
    return missing(SUBJECT, `This is ${version}; ${supported} is needed. Best is 24: https://nodejs.org/`);
  }
  if (semver.major(version) > 20) return ok(SUBJECT, version);
  return note(SUBJECT, `${version} has had no security fixes since 2026-04-30. Better is 24: https://nodejs.org/`);
}
