ALTER TABLE "circuit_breaker"."tool_calls" ADD COLUMN "approval" json;--> statement-breakpoint
ALTER TABLE "circuit_breaker"."tool_calls" ADD COLUMN "waiting_since" text;--> statement-breakpoint
CREATE INDEX "tool_calls_waiting" ON "circuit_breaker"."tool_calls" USING btree ("waiting_since") WHERE "circuit_breaker"."tool_calls"."waiting_since" is not null;