CREATE TABLE "circuit_breaker"."provider_keys" (
	"endpoint" text NOT NULL,
	"kind" text NOT NULL,
	"model" text NOT NULL,
	"made_at" timestamp with time zone NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "provider_keys_endpoint_kind_model_pk" PRIMARY KEY("endpoint","kind","model")
);
--> statement-breakpoint
CREATE INDEX "provider_keys_over" ON "circuit_breaker"."provider_keys" USING btree ("until");