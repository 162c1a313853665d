import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { download, type FetchOptions } from './download.js';

/** The Temporal CLI as its makers publish it. */
export const OFFICIAL_CLI_VERSION = '1.9.1';
export const OFFICIAL_DOWNLOADS = 'https://temporal.download/cli/archive';

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'linux', darwin: 'darwin' };
const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'amd64', arm64: 'arm64' };

/** Downloads the official archive for this platform and unpacks its program into the folder. */
export async function fetchOfficialCli(
  folder: string,
  { baseUrl, ...options }: FetchOptions & { readonly baseUrl: string },
): Promise<string> {
  const platform = PLATFORMS[process.platform];
  const architecture = ARCHITECTURES[process.arch];
  if (platform === undefined || architecture === undefined) {
    throw new Error(`there is no official download for ${process.platform} on ${process.arch} that we know of`);
  }
  options.report(`Downloading the Temporal CLI ${OFFICIAL_CLI_VERSION} …`);
  const archive = join(folder, 'temporal.tar.gz');
  await download(`${baseUrl}/v${OFFICIAL_CLI_VERSION}?platform=${platform}&arch=${architecture}`, archive, options);
  const unpacked = join(folder, 'unpacked');
  await mkdir(unpacked);
  const { extract } = await import('tar');
  await extract({ file: archive, cwd: unpacked });
  return join(unpacked, 'temporal');
}
