import type { JsonValue } from '../../core/json/json.js';
import type { ClientParts } from '../run-client.js';

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
}

/** Prints what a command lists: a line each, or, with `--json`, one array. */
export function printList<Row>(
  { say, json }: ListPrinter,
  { nodes, pageInfo }: Listed<Row>,
  list: ListShape<Row>,
): void {
  if (json) {
    say(JSON.stringify(nodes, null, 2));
    return;
  }
  if (nodes.length === 0) {
    say(`There are no ${list.what}.`);
    return;
  }
  const rows = [list.columns, ...nodes.map((node) => list.cells(node).map(oneLine))];
  const widths = list.columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  for (const row of rows)
    say(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  if (pageInfo.hasNextPage) say(`… and more: --first says how many, 200 at the most.`);
}

function oneLine(value: JsonValue): string {
  if (value === null) return '-';
  return (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ');
}
