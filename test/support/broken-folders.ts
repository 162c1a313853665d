import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of definitions that is broken in one way. */
export interface BrokenFolder {
  readonly what: string;
  /** Beside those of `WHOLE_FOLDER`, or in place of them. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** What else is done to it. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** Where its one problem is, with its code and a part of its message. */
  readonly problem: readonly [place: string, code: string, words: string];
}

export const AGENT = `
id: reviewer
name: Reviewer
llmProvider: { type: mock, model: mock-1 }
prompts:
  system: You review.
  userTemplate: 'Review: {input_data}'
`.trimStart();

export const WORKFLOW = `
id: review
name: Review
places: [draft, done]
initialPlace: draft
transitions:
  - id: finish
    fromPlaces: [draft]
    toPlace: done
    when: data.score > 7.0
    agentExecution:
      agentId: reviewer
      timeoutSeconds: 5m
`.trimStart();

/** Files of a folder without a problem. */
export const WHOLE_FOLDER = { 'agents/reviewer.yaml': AGENT, 'workflows/review.yaml': WORKFLOW } as const;

const agent = (from: string, to: string) => ({ 'agents/reviewer.yaml': changed(AGENT, from, to) });
const workflow = (from: string, to: string) => ({ 'workflows/review.yaml': changed(WORKFLOW, from, to) });

/** What can be wrong in files of YAML and JSON, each with the one problem that is told of it. */
export const BROKEN_FOLDERS: readonly BrokenFolder[] = [
  {
    what: 'a line that is indented too far',
    files: workflow('    toPlace: done', '      toPlace: done'),
    problem: ['workflows/review.yaml:8:7', 'SYNTAX_INVALID', 'the indentation is wrong'],
  },
  {
    what: 'a line that is indented too little',
    files: workflow('    toPlace: done', '   toPlace: done'),
    problem: ['workflows/review.yaml:8:4', 'SYNTAX_INVALID', 'indentation is wrong'],
  },
  {
    what: 'a tab',
    files: agent('  userTemplate', '\tuserTemplate'),
    problem: ['agents/reviewer.yaml:6:1', 'SYNTAX_INVALID', 'there is a tab'],
  },
  {
    what: 'a quote that is not closed',
    files: agent(`'Review: {input_data}'`, `'Review: {input_data}`),
    problem: ['agents/reviewer.yaml:6:17', 'SYNTAX_INVALID', 'the quote that begins here'],
  },
  {
    what: 'a key that is there twice',
    files: workflow('initialPlace: draft', 'initialPlace: draft\nname: Other'),
    problem: ['workflows/review.yaml:5:1', 'DUPLICATE_KEY', '"name" is there twice'],
  },
  {
    what: 'an anchor with its alias',
    files: workflow('[draft, done]\ninitialPlace: draft', '[&first draft, done]\ninitialPlace: *first'),
    problem: ['workflows/review.yaml:3:17', 'YAML_REFUSED', 'an anchor (&first)'],
  },
  {
    what: 'an alias of nothing',
    files: workflow('initialPlace: draft', 'initialPlace: *first'),
    problem: ['workflows/review.yaml:4:15', 'YAML_REFUSED', 'an alias'],
  },
  {
    what: 'a merge key',
    files: workflow('      timeoutSeconds: 5m', '      <<: { timeoutSeconds: 5m }'),
    problem: ['workflows/review.yaml:12:7', 'YAML_REFUSED', 'a merge key'],
  },
  {
    what: 'a tag',
    files: workflow('id: review', 'id: !!str review'),
    problem: ['workflows/review.yaml:1:11', 'YAML_REFUSED', 'a tag'],
  },
  {
    what: 'a directive',
    files: workflow('id: review', '%YAML 1.1\n---\nid: review'),
    problem: ['workflows/review.yaml:1:1', 'YAML_REFUSED', 'directives'],
  },
  {
    what: 'two documents in a file',
    files: workflow('initialPlace: draft', 'initialPlace: draft\n---'),
    problem: ['workflows/review.yaml:5:1', 'SYNTAX_INVALID', 'a file has one definition'],
  },
  {
    what: 'the place no, unquoted',
    files: { 'workflows/review.yaml': WORKFLOW.replaceAll('done', 'no') },
    problem: ['workflows/review.yaml:3:17', 'YAML_AMBIGUOUS', 'write "no"'],
  },
  {
    what: 'the place on, unquoted',
    files: { 'workflows/review.yaml': WORKFLOW.replaceAll('draft', 'on') },
    problem: ['workflows/review.yaml:3:10', 'YAML_AMBIGUOUS', 'write "on"'],
  },
  {
    what: 'an octal number',
    files: workflow('timeoutSeconds: 5m', 'timeoutSeconds: 0100'),
    problem: ['workflows/review.yaml:12:23', 'YAML_AMBIGUOUS', '0100 is an octal number'],
  },
  {
    what: 'a duration that is none',
    files: workflow('timeoutSeconds: 5m', 'timeoutSeconds: 5 minutes'),
    problem: ['workflows/review.yaml:12:23', 'INVALID_VALUE', 'a duration such as 30s'],
  },
  {
    what: 'a rule that does not parse',
    files: workflow('data.score > 7.0', 'data.score >'),
    problem: ['workflows/review.yaml:9:11', 'RULE_INVALID', ''],
  },
  {
    what: 'a rule that is not there yet',
    files: workflow(' data.score > 7.0', ''),
    problem: ['workflows/review.yaml:9:10', 'RULE_INVALID', 'is missing'],
  },
  {
    what: 'a member that is not there',
    files: workflow('    toPlace: done\n', ''),
    problem: ['workflows/review.yaml:6:5', 'INVALID_VALUE', 'is missing'],
  },
  {
    what: 'a member that there is not',
    files: workflow('      timeoutSeconds', '      timeout'),
    problem: ['workflows/review.yaml:12:7', 'UNKNOWN_FIELD', 'there is no field "timeout"'],
  },
  {
    what: 'two files with one id',
    files: { 'workflows/zebra.yml': WORKFLOW },
    problem: ['workflows/zebra.yml:1:5', 'DUPLICATE_ID', '"review" is the id of workflows/review.yaml already'],
  },
  {
    what: 'agents that are called by each other’s ids',
    files: {
      'agents/one.yaml': changed(changed(AGENT, 'reviewer', 'one'), 'Reviewer', 'two'),
      'agents/two.yaml': changed(changed(AGENT, 'reviewer', 'two'), 'Reviewer', 'one'),
    },
    problem: ['agents/two.yaml:2:7', 'NAME_AMBIGUOUS', 'called by each other'],
  },
  {
    what: 'an unknown agent',
    files: workflow('agentId: reviewer', 'agentId: reviwer'),
    problem: ['workflows/review.yaml:11:16', 'UNKNOWN_AGENT', 'there is no agent "reviwer"'],
  },
  {
    what: 'an agent that is broken, which the workflow that names it is not',
    files: agent('system: You review.', 'sytem: You review.\n  system: You review.'),
    problem: ['agents/reviewer.yaml:5:3', 'UNKNOWN_FIELD', '"sytem"'],
  },
  {
    what: 'a prompt file that is not there',
    files: agent('system: You review.', 'system: ./reviewer.md'),
    problem: ['agents/reviewer.yaml:5:11', 'FILE_UNREADABLE', 'agents/reviewer.md: there is no such file'],
  },
  {
    what: 'a prompt file outside of the folder',
    files: agent('system: You review.', 'system: ../../outside.md'),
    prepare: async (folder) => {
      await symlink('/etc/hostname', join(folder, '..', 'outside.md')).catch(() => undefined);
    },
    problem: ['agents/reviewer.yaml:5:11', 'LINK_LEADS_OUT', 'outside of the folder'],
  },
  {
    what: 'a symbolic link out of the folder',
    files: {},
    prepare: (folder) => symlink('/etc/hostname', join(folder, 'agents/link.yaml')),
    problem: ['agents/link.yaml:1:1', 'LINK_LEADS_OUT', 'outside of the folder'],
  },
  {
    what: 'symbolic links in a circle',
    files: {},
    prepare: (folder) => symlink('link.yaml', join(folder, 'agents/link.yaml')),
    problem: ['agents/link.yaml:1:1', 'FILE_UNREADABLE', 'in a circle'],
  },
  {
    what: 'a file that was saved half',
    files: { 'workflows/review.yaml': WORKFLOW.slice(0, WORKFLOW.indexOf('done]')) },
    problem: ['workflows/review.yaml:3:17', 'SYNTAX_INVALID', ''],
  },
  {
    what: 'a file with nothing in it yet',
    files: { 'agents/reviewer.yaml': '# comes soon\n' },
    problem: ['agents/reviewer.yaml:1:1', 'FILE_EMPTY', 'nothing in it'],
  },
  {
    what: 'a file that is no text',
    files: { 'agents/reviewer.yaml': Uint8Array.of(0x69, 0x64, 0xff, 0xfe) },
    problem: ['agents/reviewer.yaml:1:1', 'TEXT_INVALID', 'UTF-8'],
  },
  {
    what: 'a file of 50 MB',
    files: { 'agents/reviewer.yaml': `${AGENT}# ${'x'.repeat(50_000_000)}\n` },
    problem: ['agents/reviewer.yaml:1:1', 'FILE_TOO_LARGE', 'it has 47.7 MiB; the most is 4 MiB'],
  },
  {
    what: 'a value that is nested without end',
    files: agent('prompts:', `outputSchema: ${'['.repeat(100_000)}\nprompts:`),
    problem: ['agents/reviewer.yaml:4:314', 'TOO_DEEP', 'nested 64 deep'],
  },
  {
    what: 'JSON with a comma too many',
    files: { 'agents/other.json': '{\n  "name": "Other",\n}\n' },
    problem: ['agents/other.json:3:1', 'SYNTAX_INVALID', 'this is no JSON'],
  },
  {
    what: 'a list in place of a definition',
    files: { 'workflows/review.yaml': '- review\n' },
    problem: ['workflows/review.yaml:1:1', 'INVALID_VALUE', 'must be an object'],
  },
];

function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`there is no ${from} to change`);
  return text.replace(from, to);
}
