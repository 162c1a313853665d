import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Folders of definitions on disk, for one test after the other. */
export class DefinitionFolders {
  readonly #roots: string[] = [];

  /** A new folder with these files. */
  async make(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'circuit-breaker-folder-'));
    this.#roots.push(root);
    const folder = join(root, 'folder');
    await mkdir(join(folder, 'agents'), { recursive: true });
    await this.write(folder, files);
    return folder;
  }

  async write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [file, content] of Object.entries(files)) {
      const path = join(folder, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
  }

  async removeAll(): Promise<void> {
    for (const root of this.#roots.splice(0)) await rm(root, { recursive: true, force: true });
  }
}
