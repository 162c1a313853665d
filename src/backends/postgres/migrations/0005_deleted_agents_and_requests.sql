ALTER TABLE "circuit_breaker"."agents" ADD COLUMN "deleted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "circuit_breaker"."tokens" ADD COLUMN "request" text;