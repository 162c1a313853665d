const BREAK = '--> statement-breakpoint';
const COMMENT = '--';
const BODY = /\$\$.*?\$\$/gs;
const NAME = String.raw`((?:"[^"]+"\.)?"[^"]+")`;
const NEW_TABLE = new RegExp(`^create table (?:if not exists )?${NAME}`, 'i');
const ABOUT_TABLE = new RegExp(`^(?:alter table|create unique index "[^"]+" on) ${NAME}`, 'i');

/** What a release that does not know of it may stumble over, however its tables are filled. */
const HARD = [
  /^drop (?!index\b)/i,
  /^truncate\b/i,
  /^delete\b/i,
  /^update\b/i,
  /^create unique index\b/i,
  /^create (?:or replace )?(?:rule|trigger)\b/i,
  /^alter (?!table\b)/i,
  /\brename\b/i,
  /^alter table \S+ drop (?!not null\b)/i,
  /^alter table \S+ add constraint\b/i,
  /^alter table \S+ alter column \S+ (?!drop not null\b|set default\b)/i,
  /^alter table \S+ add column (?!.*\bdefault\b).*\bnot null\b/is,
  /^alter table \S+ add column .*\b(?:unique|check|primary key)\b/is,
];

/**
 * The statements of a migration that the release before cannot live with: it runs on beside newer ones, on the tables as they are then.
 * What is about a table that the migration itself makes is none of its business.
 */
export function hardStatements(migration: string): readonly string[] {
  const statements = migration
    .replaceAll('\r\n', '\n')
    .split(BREAK)
    .map((one) => withoutComments(one).replaceAll(BODY, '').trim())
    .filter((one) => one !== '');
  const made = new Set(statements.flatMap((one) => NEW_TABLE.exec(one)?.[1] ?? []));
  return statements.filter((one) => !made.has(ABOUT_TABLE.exec(one)?.[1] ?? '') && HARD.some((hard) => hard.test(one)));
}

function withoutComments(statement: string): string {
  const lines = statement.split('\n').filter((line) => !line.trimStart().startsWith(COMMENT));
  return lines.join('\n');
}
