import { onDatabase } from './postgres.js';

const COLUMNS = `(select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns
  where table_schema = 'circuit_breaker' and table_name = t.table_name and is_generated = 'NEVER')`;
const TABLES = `select table_name, ${COLUMNS} as columns from information_schema.tables t
  where table_schema = 'circuit_breaker' and table_type = 'BASE TABLE'`;

/** Keeps what our tables have at this moment, as a backup does, while everything runs. */
export async function takeSnapshot(url: string): Promise<void> {
  await onDatabase(
    url,
    `do $$ declare one record; begin
      drop schema if exists snapshot cascade;
      create schema snapshot;
      for one in ${TABLES} loop
        execute format('create table snapshot.%I as select %s from circuit_breaker.%I', one.table_name, one.columns, one.table_name);
      end loop;
    end $$;`,
  );
}

/** Puts it back: what was written since was never written. */
export async function restoreSnapshot(url: string): Promise<void> {
  await onDatabase(
    url,
    `do $$ declare one record; begin
      set local session_replication_role = replica;
      for one in ${TABLES} loop execute format('delete from circuit_breaker.%I', one.table_name); end loop;
      for one in ${TABLES} loop
        execute format('insert into circuit_breaker.%I (%s) overriding system value select %s from snapshot.%I',
          one.table_name, one.columns, one.columns, one.table_name);
      end loop;
    end $$;`,
  );
}
