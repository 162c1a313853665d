CREATE TABLE "circuit_breaker"."audit_anchor" (
	"id" integer PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"document" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."audit_entries" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"entry" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."audit_head" (
	"id" integer PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."audit_pending" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "circuit_breaker"."audit_pending_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entry" json NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_by_actor" ON "circuit_breaker"."audit_entries" USING btree (("entry"->>'actor'),"sequence");--> statement-breakpoint
CREATE INDEX "audit_by_action" ON "circuit_breaker"."audit_entries" USING btree (("entry"->>'action'),"sequence");--> statement-breakpoint
CREATE INDEX "audit_by_subject" ON "circuit_breaker"."audit_entries" USING btree (("entry"->>'subject'),"sequence");--> statement-breakpoint
CREATE INDEX "audit_by_time" ON "circuit_breaker"."audit_entries" USING btree (("entry"->>'time'));--> statement-breakpoint
-- Where the chain begins: nothing is chained without its end.
INSERT INTO "circuit_breaker"."audit_head" ("id", "sequence", "hash") VALUES (1, 0, repeat('0', 64));
