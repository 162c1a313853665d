CREATE TABLE "circuit_breaker"."place_agent_changes" (
	"workflow_id" text PRIMARY KEY NOT NULL,
	"revision" integer NOT NULL,
	"told" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."place_agents" (
	"id" text PRIMARY KEY NOT NULL,
	"workflow_id" text NOT NULL,
	"place_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"created_at" text NOT NULL,
	"document" json NOT NULL
);
--> statement-breakpoint
CREATE INDEX "place_agents_of_workflow" ON "circuit_breaker"."place_agents" USING btree ("workflow_id","created_at","id");