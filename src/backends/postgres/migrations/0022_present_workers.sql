CREATE UNLOGGED TABLE "circuit_breaker"."present_workers" (
	"id" integer PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"missing_since" timestamp with time zone,
	"failed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE UNLOGGED TABLE "circuit_breaker"."worker_calls" (
	"worker" integer NOT NULL,
	"number" integer NOT NULL,
	"call" text NOT NULL,
	CONSTRAINT "worker_calls_worker_number_pk" PRIMARY KEY("worker","number")
);
