import { exitWhenUnread } from '../../compose/end-request.js';
import { wordsOf } from '../../core/errors.js';
import { visibleJson, visibleText } from '../../core/json/visible-text.js';
import type { DefinitionFolder } from '../../folder/definition-folder.js';
import { problemLine } from '../../folder/folder-problem.js';
import type { CommandRequest } from '../command.js';
import { readAnyFolder } from '../definitions/whole-folder.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { sayFault } from '../say-fault.js';

/** More than anybody reads: who has more has made one mistake many times. */
const MOST_LINES = 1000;

/** Says everything that is wrong in a folder of definitions. Exits with 1 where something is, with 2 where there is no folder. */
export async function validate({ operands: [operand = '.'], flags }: CommandRequest): Promise<void> {
  exitWhenUnread();
  try {
    const found = await readAnyFolder(operand);
    process.stdout.write(flags.has('json') ? inJson(found) : inLines(found));
    if (found.problems.length > 0) process.exitCode = NOT_WELL;
  } catch (error) {
    sayFault(wordsOf(error));
  }
}

function inLines({ problems, files, agents, workflows }: DefinitionFolder): string {
  const lines = problems.slice(0, MOST_LINES).map(problemLine);
  const left = problems.length - lines.length;
  const broken = new Set(problems.map(({ file }) => file)).size;
  return [
    ...lines.map(visibleText),
    ...(left > 0 ? [`and ${counted(left, 'more problem')}`] : []),
    problems.length === 0
      ? `${counted(files, 'file')}: ${counted(agents.length, 'agent')} and ${counted(workflows.length, 'workflow')}, all well.`
      : `${counted(problems.length, 'problem')}${files === 0 ? '' : ` in ${counted(broken, 'file')} of ${files}`}.`,
    '',
  ].join('\n');
}

function inJson({ problems, files, agents, workflows }: DefinitionFolder): string {
  const idsOf = (all: readonly { readonly file: string; readonly id: string }[]) =>
    all.map(({ file, id }) => ({ file, id }));
  return `${visibleJson({ files, agents: idsOf(agents), workflows: idsOf(workflows), problems })}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
