CREATE TABLE "circuit_breaker"."breakers" (
	"provider" text NOT NULL,
	"origin" text NOT NULL,
	"model" text NOT NULL,
	"state" json NOT NULL,
	"version" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "breakers_provider_origin_model_pk" PRIMARY KEY("provider","origin","model")
);
--> statement-breakpoint
CREATE INDEX "breakers_oldest" ON "circuit_breaker"."breakers" USING btree ("changed_at");