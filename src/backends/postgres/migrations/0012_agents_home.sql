CREATE TABLE "circuit_breaker"."definition_batches" (
	"id" text PRIMARY KEY NOT NULL,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."told_entries" (
	"subject" text PRIMARY KEY NOT NULL,
	"number" integer NOT NULL,
	"previous" integer NOT NULL
);
