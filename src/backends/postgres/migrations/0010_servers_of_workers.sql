-- What is in it, the workers say again when they start.
DELETE FROM "circuit_breaker"."tool_servers";--> statement-breakpoint
ALTER TABLE "circuit_breaker"."tool_servers" ADD COLUMN "worker" text NOT NULL;--> statement-breakpoint
ALTER TABLE "circuit_breaker"."tool_servers" DROP CONSTRAINT "tool_servers_pkey";--> statement-breakpoint
ALTER TABLE "circuit_breaker"."tool_servers" ADD CONSTRAINT "tool_servers_name_worker_pk" PRIMARY KEY("name","worker");
