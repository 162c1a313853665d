CREATE TABLE "circuit_breaker"."batch_submissions" (
	"batch_id" text PRIMARY KEY NOT NULL,
	"first_at" text NOT NULL,
	"last_at" text NOT NULL,
	"lines" integer NOT NULL,
	"provider_batch_id" text
);
--> statement-breakpoint
CREATE INDEX "batch_submissions_latest" ON "circuit_breaker"."batch_submissions" USING btree ("last_at");