ALTER TABLE "circuit_breaker"."batch_requests" ADD COLUMN "left_run" text;--> statement-breakpoint
ALTER TABLE "circuit_breaker"."batch_submissions" ADD COLUMN "account" text;