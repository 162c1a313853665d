import { readFileSync } from 'node:fs';

interface Step {
  /** `RUN`. */
  readonly does: string;
  readonly what: string;
}

export type Stage = readonly Step[];

/** The steps of each stage of our Dockerfile, with lines that go on joined. */
export function dockerfileStages(): readonly Stage[] {
  const lines = readFileSync('Dockerfile', 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  const steps = lines.flatMap((line) => {
    const [, does = '', what = ''] = /^([A-Z]+) (.*)$/.exec(line.trim()) ?? [];
    return does === '' ? [] : [{ does, what }];
  });
  return steps.reduce<Step[][]>((stages, step) => {
    if (step.does === 'FROM') stages.push([]);
    stages.at(-1)?.push(step);
    return stages;
  }, []);
}

/** What all steps of one kind say. */
export function argumentsOf(stage: Stage, does: string): readonly string[] {
  return stage.filter((step) => step.does === does).map(({ what }) => what);
}

/** Paths that `.dockerignore` lets into the context of the build, which has nothing else. */
export function letIntoContext(): readonly string[] {
  return ignoreLines()
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
}

/** Whether a file is kept out by its name, wherever it lies. */
export function isKeptOut(name: string): boolean {
  const patterns = ignoreLines().filter((line) => line.startsWith('**/'));
  return patterns.some((pattern) => {
    const [, any = '', rest = ''] = /^\*\*\/(\*?)([^*]*)$/.exec(pattern) ?? [];
    return any === '*' ? name.endsWith(rest) : name === rest;
  });
}

/** Throws for a line of a kind that is not known here. */
function ignoreLines(): readonly string[] {
  const lines = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const unknown = lines.filter((line) => !/^(?:\*|![\w./-]+|\*\*\/\*?[\w.-]+)$/.test(line));
  if (unknown.length > 0 || lines[0] !== '*') throw new Error(`.dockerignore: not understood: ${unknown.join(' ')}`);
  return lines;
}
