import { visibleJson } from '../../core/json/visible-text.js';
import type { CommandRequest } from '../command.js';
import { migrationOptions } from '../operator/migration-options.js';
import { neededOperands } from '../operator/needed-operands.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import { runClient, type ClientParts } from '../run-client.js';

const MIGRATE = `mutation (
  $workflowId: String!, $fromVersion: Int!, $toVersion: Int!, $placeMapping: [PlaceMappingInput!], $dryRun: Boolean!, $after: String
) {
  migrateTokens(
    workflowId: $workflowId, fromVersion: $fromVersion, toVersion: $toVersion, placeMapping: $placeMapping, dryRun: $dryRun, after: $after
  ) {
    migrated alreadyOver ended
    refused { tokenId place reasons { code message } }
    next
  }
}`;

interface Refused {
  readonly tokenId: string;
  readonly place: string;
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
}

interface Page {
  readonly migrated: number;
  readonly alreadyOver: number;
  readonly ended: number;
  readonly refused: readonly Refused[];
  readonly next: string | null;
}

interface Totals extends Omit<Page, 'refused' | 'next'> {
  readonly refusedCount: number;
  /** The first of them. */
  readonly refused: readonly Refused[];
}

/** As many are in what programs read; people are shown all of them as they come. */
const MOST_REFUSED = 1000;
const NOTHING: Totals = { migrated: 0, alreadyOver: 0, ended: 0, refusedCount: 0, refused: [] };

/** Has the running tokens of a version go over to another one, page by page. */
export async function migrate(request: CommandRequest): Promise<void> {
  await runClient(request, async (parts) => {
    const [workflowId] = neededOperands(request, 'WORKFLOW');
    const { flags } = request;
    const dryRun = flags.has('dry-run');
    const variables = { workflowId, ...migrationOptions(request), dryRun };
    const say = flags.has('json') ? () => undefined : parts.say;
    let totals = NOTHING;
    for await (const page of pagesOf(parts, variables)) {
      totals = sum(totals, page);
      for (const line of page.refused.flatMap(refusedLines)) say(line);
      say(progress(totals, dryRun) + (page.next === null ? '.' : ' so far …'));
    }
    if (totals.refused.some(isWithoutPlace)) say('--map OLD=NEW says what a place is called in the other version.');
    if (flags.has('json')) parts.say(visibleJson({ dryRun, ...totals }));
    return totals.refusedCount === 0 ? 0 : NOT_WELL;
  });
}

async function* pagesOf({ api }: Pick<ClientParts, 'api'>, variables: object): AsyncIterable<Page> {
  let after: string | null = null;
  do {
    const { migrateTokens }: { migrateTokens: Page } = await api.query(MIGRATE, { ...variables, after });
    yield migrateTokens;
    after = migrateTokens.next;
  } while (after !== null);
}

function sum(totals: Totals, { migrated, alreadyOver, ended, refused }: Page): Totals {
  return {
    migrated: totals.migrated + migrated,
    alreadyOver: totals.alreadyOver + alreadyOver,
    ended: totals.ended + ended,
    refusedCount: totals.refusedCount + refused.length,
    refused: [...totals.refused, ...refused.slice(0, MOST_REFUSED - totals.refused.length)],
  };
}

function isWithoutPlace({ reasons }: Refused): boolean {
  return reasons.some(({ code }) => code === 'PLACE_MISSING');
}

function refusedLines({ tokenId, place, reasons }: Refused): readonly string[] {
  return [`  ${tokenId} stays in ${place}`, ...reasons.map(({ code, message }) => `    ${code} ${message}`)];
}

function progress({ migrated, alreadyOver, ended, refusedCount }: Totals, dryRun: boolean): string {
  return [
    `${migrated} ${dryRun ? 'can go over' : 'went over'}`,
    ...(alreadyOver === 0 ? [] : [`${alreadyOver} were over already`]),
    ...(ended === 0 ? [] : [`${ended} have ended`]),
    `${refusedCount} cannot`,
  ].join(', ');
}
