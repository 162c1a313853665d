import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { hardStatements } from '../../../src/backends/postgres/hard-migrations.js';

const FOLDER = 'src/backends/postgres/migrations';
/** Made before anybody ran two releases side by side. An older installation is stopped for them. */
const ONCE_HARD = ['0004_token_feed_numbers.sql', '0010_servers_of_workers.sql'];
const migrations = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));

describe('migrations', () => {
  it('are such that the release before goes on beside them', () => {
    const hard = migrations.filter((name) => hardStatements(readFileSync(`${FOLDER}/${name}`, 'utf8')).length > 0);
    expect(hard).toEqual(ONCE_HARD);
  });

  it.each([
    'DROP TABLE "circuit_breaker"."tokens";',
    'DROP FUNCTION "circuit_breaker"."enter_token_feed"();',
    'TRUNCATE "circuit_breaker"."tokens";',
    'ALTER TABLE "circuit_breaker"."tokens" DROP COLUMN "status";',
    'ALTER TABLE "circuit_breaker"."tokens" RENAME COLUMN "status" TO "state";',
    'ALTER TABLE "circuit_breaker"."tokens" RENAME TO "marks";',
    'ALTER TABLE "circuit_breaker"."tokens" ADD COLUMN "kind" text NOT NULL;',
    'ALTER TABLE "circuit_breaker"."tokens" ADD COLUMN "kind" text UNIQUE;',
    'ALTER TABLE "circuit_breaker"."tokens" ALTER COLUMN "request" SET NOT NULL;',
    'ALTER TABLE "circuit_breaker"."tokens" ALTER COLUMN "request" SET DATA TYPE json;',
    'ALTER TABLE "circuit_breaker"."tokens" ALTER COLUMN "kind" DROP DEFAULT;',
    'ALTER TABLE "circuit_breaker"."tokens" ADD CONSTRAINT "one" UNIQUE("request");',
    'ALTER TABLE "circuit_breaker"."tokens" DROP CONSTRAINT "tokens_pkey";',
    'CREATE UNIQUE INDEX "one" ON "circuit_breaker"."tokens" USING btree ("request");',
    '-- The old ones are in the way.\nDELETE FROM "circuit_breaker"."tokens";',
  ])('are hard with %s', (statement) => {
    expect(
      hardStatements(`CREATE TABLE "circuit_breaker"."other" ();--> statement-breakpoint\n${statement}`),
    ).toHaveLength(1);
  });

  it.each([
    'ALTER TABLE "circuit_breaker"."tokens" ADD COLUMN "kind" text;',
    'ALTER TABLE "circuit_breaker"."tokens" ADD COLUMN "kind" text DEFAULT \'plain\' NOT NULL;',
    'ALTER TABLE "circuit_breaker"."tokens" ALTER COLUMN "request" DROP NOT NULL;',
    'DROP INDEX "circuit_breaker"."tokens_by_end";',
    'CREATE INDEX "tokens_by_kind" ON "circuit_breaker"."tokens" USING btree ("kind");',
    'ALTER TABLE "circuit_breaker"."new" ADD CONSTRAINT "new_pkey" PRIMARY KEY("id");',
    'CREATE UNIQUE INDEX "one" ON "circuit_breaker"."new" USING btree ("name");',
  ])('are not with %s', (statement) => {
    expect(hardStatements(`CREATE TABLE "circuit_breaker"."new" ();--> statement-breakpoint\n${statement}`)).toEqual(
      [],
    );
  });
});
