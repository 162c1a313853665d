CREATE SEQUENCE "circuit_breaker"."token_feed" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
DROP INDEX "circuit_breaker"."token_events_as_written";--> statement-breakpoint
-- Events of before have no place in the feed: whoever listens begins at its end.
ALTER TABLE "circuit_breaker"."token_events" ADD COLUMN "feed_number" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "circuit_breaker"."token_events" ALTER COLUMN "feed_number" DROP DEFAULT;--> statement-breakpoint
CREATE INDEX "token_events_of_feed" ON "circuit_breaker"."token_events" USING btree ("feed_number");--> statement-breakpoint
ALTER TABLE "circuit_breaker"."token_events" DROP COLUMN "written_by";--> statement-breakpoint
-- Whoever writes events enters first, and takes its numbers from the sequence then. Until its transaction ends a lock says
-- what they are all beyond. The key of the lock has 0x4342 in its first 16 bits, and that bound in the others.
CREATE FUNCTION "circuit_breaker"."enter_token_feed"() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE bound bigint;
BEGIN
  SELECT last_value - 1 INTO bound FROM "circuit_breaker"."token_feed";
  PERFORM pg_advisory_xact_lock_shared((17218::bigint << 48) | bound);
  RETURN bound;
END $$;--> statement-breakpoint
-- The number up to which nothing can appear any more: everything is there, or never will be. What was numbered before the
-- first line has either ended before the second, or is bounded by its lock. Rows have to be read in a later statement.
CREATE FUNCTION "circuit_breaker"."settled_token_feed"() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE numbered bigint; bound bigint;
BEGIN
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO numbered FROM "circuit_breaker"."token_feed";
  SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO bound FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 17218
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(numbered, bound);
END $$;
