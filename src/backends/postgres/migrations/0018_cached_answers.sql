CREATE TABLE "circuit_breaker"."cached_answers" (
	"key" text PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"execution_id" text NOT NULL,
	"kept_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"answer" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."calls_under_way" (
	"key" text PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"owner" text NOT NULL,
	"holder" text NOT NULL,
	"lease_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "cached_answers_of_agent" ON "circuit_breaker"."cached_answers" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "cached_answers_of_execution" ON "circuit_breaker"."cached_answers" USING btree ("execution_id");--> statement-breakpoint
CREATE INDEX "cached_answers_by_end" ON "circuit_breaker"."cached_answers" USING btree ("expires_at");