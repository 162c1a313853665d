import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Packs what a folder would publish, as it is built, and gives the path of the tarball. */
export async function packPackage(target: string, source = '.'): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', target];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: source, maxBuffer: 2 ** 24 });
  const [{ filename = '' } = {}] = JSON.parse(stdout) as readonly { filename?: string }[];
  return join(target, filename);
}
