import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../../templates/', import.meta.url);
/** What every folder has, whatever it begins with. */
const EVERY = 'every';

export const TEMPLATES = ['document-review', 'support-ticket', 'blank'] as const;
export type TemplateName = (typeof TEMPLATES)[number];

/** What the README of a new folder begins with: a workflow, what a token of it has, and what it takes first. */
export const FIRST_STEPS: Readonly<Record<TemplateName, Readonly<Record<'workflow' | 'data' | 'transition', string>>>> =
  {
    'document-review': { workflow: 'document_review', data: 'documents/memo.json', transition: 'ai_review' },
    'support-ticket': { workflow: 'support_ticket', data: 'tickets/pan.json', transition: 'handle' },
    blank: { workflow: 'question', data: 'questions/sky.json', transition: 'answer' },
  };

export interface TemplateFile {
  /** From the new folder on, with slashes. */
  readonly file: string;
  readonly content: Buffer;
}

export function isTemplate(name: string): name is TemplateName {
  return (TEMPLATES as readonly string[]).includes(name);
}

/** The files of a template, and those that every folder has. */
export async function templateFiles(template: TemplateName): Promise<readonly TemplateFile[]> {
  const found = await Promise.all([EVERY, template].map(filesOf));
  return found.flat();
}

async function filesOf(template: string): Promise<readonly TemplateFile[]> {
  const root = new URL(`${template}/`, FOLDER);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = `${parentPath.replace(/[\\/]$/, '')}/${name}`;
      const file = path.slice(fileURLToPath(root).length).replaceAll('\\', '/');
      // npm leaves a .gitignore out of what it packs.
      return { file: file.replace(/^_/, '.'), content: await readFile(path) };
    }),
  );
}
