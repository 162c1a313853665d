/** One number of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What stands together under one name. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const COMMENT = /^# (HELP|TYPE) ([^ ]+)(?: (.*))?$/;
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /\b([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n' };

/** Reads the text format of Prometheus 0.0.4. Lines that are none of it are left out. */
export function parsePrometheusText(text: string): readonly MetricFamily[] {
  const families = new Map<string, { name: string; type: string; help: string; samples: Sample[] }>();
  const familyOf = (name: string) => {
    const family = families.get(name) ?? { name, type: 'untyped', help: '', samples: [] };
    families.set(name, family);
    return family;
  };
  for (const line of text.split('\n')) {
    const [, kind, about = '', said = ''] = COMMENT.exec(line) ?? [];
    if (kind === 'HELP') familyOf(about).help = said;
    if (kind === 'TYPE') familyOf(about).type = said;
    if (line.startsWith('#')) continue;
    const sample = sampleOf(line);
    if (sample === undefined) continue;
    const base = sample.name.replace(/_(?:bucket|count|sum)$/, '');
    familyOf(families.get(base)?.type === 'histogram' ? base : sample.name).samples.push(sample);
  }
  return [...families.values()];
}

function sampleOf(line: string): Sample | undefined {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || value === undefined) return undefined;
  const read = [...labels.matchAll(LABEL)].map(([, label = '', said = '']) => [label, unescaped(said)] as const);
  return { name, labels: Object.fromEntries(read), value: numberOf(value) };
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) => ESCAPED[character] ?? character);
}

function numberOf(value: string): number {
  return Number(value.replace(/^([+-]?)Inf$/, '$1Infinity'));
}
