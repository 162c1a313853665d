import type { JsonValue } from '../../core/json/json.js';
import { visibleJson } from '../../core/json/visible-text.js';
import type { ClientParts } from '../run-client.js';
import { wrappedLines } from '../wrapped-lines.js';

/** A page of the API. */
export interface Listed<Row> {
  readonly nodes: readonly Row[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}

/** How items are shown: in columns. */
export interface ListShape<Row> {
  /** In the plural. */
  readonly what: string;
  readonly columns: readonly string[];
  readonly cells: (row: Row) => readonly JsonValue[];
}

interface ListPrinter extends Pick<ClientParts, 'say'> {
  /** Whether programs read it. */
  readonly json: boolean;
  /** Letters that a line may have; as many as it takes where nobody says, as in a file. */
  readonly width?: number | undefined;
}

/** Prints what a command lists: a line each, or, where a terminal has no room for it, a few; or, with `--json`, one array. */
export function printList<Row>(
  { say, json, width = terminalWidth() }: ListPrinter,
  { nodes, pageInfo }: Listed<Row>,
  list: ListShape<Row>,
): void {
  if (json) {
    say(visibleJson(nodes));
    return;
  }
  if (nodes.length === 0) {
    say(`There are no ${list.what}.`);
    return;
  }
  const rows = nodes.map((node) => list.cells(node).map(oneLine));
  const lines = inColumns([list.columns, ...rows]);
  const fits = lines.every((line) => line.length <= width);
  for (const line of fits ? lines : rows.flatMap((row) => inBlock(row, list.columns, width))) say(line);
  if (pageInfo.hasNextPage) say(`… and more: --first says how many, 200 at the most.`);
}

/** Absent where it is no terminal, whatever the types say. */
function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** What it is called, and below it what else is to be said of it. */
function inBlock(
  [name = '', ...cells]: readonly string[],
  columns: readonly string[],
  width: number,
): readonly string[] {
  const facts = cells.flatMap((cell, index) =>
    cell === NOTHING ? [] : [`${columns[index + 1]?.toLowerCase() ?? ''}: ${cell}`],
  );
  return [name, ...wrappedLines(facts.join(', '), width - INDENT.length).map((line) => `${INDENT}${line}`)];
}

const INDENT = '  ';
const NOTHING = '-';

function oneLine(value: JsonValue): string {
  if (value === null) return NOTHING;
  return (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ');
}
