/**
 * The media type that an Accept header likes best, by its own weights; of those it likes alike, the first one offered. The
 * first one also for whoever likes none of them, or says nothing.
 */
export function preferredType<Type extends string>(accept: string, offered: readonly [Type, ...Type[]]): Type {
  const ranges = accept.split(',').map(readRange);
  const [first] = offered;
  const best = { type: first, weight: 0 };
  for (const type of offered) {
    const weight = weightOf(type, ranges);
    if (weight > best.weight) Object.assign(best, { type, weight });
  }
  return best.type;
}

interface Range {
  readonly name: string;
  readonly weight: number;
}

function readRange(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return { name, weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
}

/** The most exact range decides: `text/html` before `text/*` before everything. */
function weightOf(type: string, ranges: readonly Range[]): number {
  const names = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*'];
  const found = names.map((name) => ranges.find((range) => range.name === name)).find((range) => range !== undefined);
  return found?.weight ?? 0;
}
