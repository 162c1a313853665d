CREATE TABLE "circuit_breaker"."budget_calls" (
	"scope" text NOT NULL,
	"execution_id" text NOT NULL,
	"turn" integer NOT NULL,
	"call_id" text NOT NULL,
	"day" text NOT NULL,
	"most_nano_usd" bigint DEFAULT 0 NOT NULL,
	"most_tokens" bigint DEFAULT 0 NOT NULL,
	"least_nano_usd" bigint DEFAULT 0 NOT NULL,
	"least_tokens" bigint DEFAULT 0 NOT NULL,
	"taken_nano_usd" bigint DEFAULT 0 NOT NULL,
	"taken_tokens" bigint DEFAULT 0 NOT NULL,
	"settled" integer DEFAULT 0 NOT NULL,
	"expires_at" text NOT NULL,
	"used_on" text NOT NULL,
	CONSTRAINT "budget_calls_execution_id_turn_call_id_scope_pk" PRIMARY KEY("execution_id","turn","call_id","scope")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."budget_sums" (
	"scope" text NOT NULL,
	"day" text NOT NULL,
	"spent_nano_usd" bigint DEFAULT 0 NOT NULL,
	"spent_tokens" bigint DEFAULT 0 NOT NULL,
	"reserved_nano_usd" bigint DEFAULT 0 NOT NULL,
	"reserved_tokens" bigint DEFAULT 0 NOT NULL,
	"is_told" boolean DEFAULT false NOT NULL,
	"used_on" text NOT NULL,
	CONSTRAINT "budget_sums_scope_day_pk" PRIMARY KEY("scope","day")
);
--> statement-breakpoint
CREATE INDEX "budget_calls_oldest" ON "circuit_breaker"."budget_calls" USING btree ("used_on");--> statement-breakpoint
CREATE INDEX "budget_calls_under_way" ON "circuit_breaker"."budget_calls" USING btree ("expires_at") WHERE "circuit_breaker"."budget_calls"."settled" = 0;--> statement-breakpoint
CREATE INDEX "budget_sums_oldest" ON "circuit_breaker"."budget_sums" USING btree ("used_on");