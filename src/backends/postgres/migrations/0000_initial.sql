CREATE SCHEMA "circuit_breaker";
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."agents" (
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"document" json NOT NULL,
	CONSTRAINT "agents_id_version_pk" PRIMARY KEY("id","version")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."conversations" (
	"id" text PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"token_id" text,
	"created_at" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."messages" (
	"conversation_id" text NOT NULL,
	"position" integer NOT NULL,
	"message" json NOT NULL,
	CONSTRAINT "messages_conversation_id_position_pk" PRIMARY KEY("conversation_id","position")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."executions" (
	"id" text PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"token_id" text,
	"workflow_id" text,
	"status" text NOT NULL,
	"ended" boolean NOT NULL,
	"created_at" text NOT NULL,
	"last_sequence" integer,
	"revision" integer NOT NULL,
	"document" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."turns" (
	"execution_id" text NOT NULL,
	"turn" integer NOT NULL,
	"result" json NOT NULL,
	CONSTRAINT "turns_execution_id_turn_pk" PRIMARY KEY("execution_id","turn")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."stream_entries" (
	"execution_id" text NOT NULL,
	"first" integer NOT NULL,
	"last" integer NOT NULL,
	"epoch" bigint NOT NULL,
	"opening" text NOT NULL,
	"turn" integer NOT NULL,
	"attempt" integer NOT NULL,
	"closed" boolean NOT NULL,
	"appended_at" timestamp (3) with time zone NOT NULL,
	"events" json NOT NULL,
	CONSTRAINT "stream_entries_execution_id_first_pk" PRIMARY KEY("execution_id","first")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."token_events" (
	"token_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"workflow_id" text NOT NULL,
	"type" text NOT NULL,
	"event" json NOT NULL,
	CONSTRAINT "token_events_token_id_sequence_pk" PRIMARY KEY("token_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"chain_id" text NOT NULL,
	"workflow_id" text NOT NULL,
	"place" text NOT NULL,
	"status" text NOT NULL,
	"has_incident" boolean NOT NULL,
	"version" integer NOT NULL,
	"created_at" text NOT NULL,
	"event_count" integer NOT NULL,
	"event_number" integer NOT NULL,
	"document" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."workflows" (
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"hash" text NOT NULL,
	"created_at" text NOT NULL,
	"document" json NOT NULL,
	CONSTRAINT "workflows_id_version_pk" PRIMARY KEY("id","version")
);
--> statement-breakpoint
CREATE INDEX "conversations_of_agent" ON "circuit_breaker"."conversations" USING btree ("agent_id","created_at","id");--> statement-breakpoint
CREATE INDEX "executions_newest" ON "circuit_breaker"."executions" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "executions_of_token" ON "circuit_breaker"."executions" USING btree ("token_id","created_at","id");--> statement-breakpoint
CREATE INDEX "executions_of_agent" ON "circuit_breaker"."executions" USING btree ("agent_id","created_at","id");--> statement-breakpoint
CREATE INDEX "executions_unclosed" ON "circuit_breaker"."executions" USING btree ("ended","last_sequence","created_at");--> statement-breakpoint
CREATE INDEX "tokens_newest" ON "circuit_breaker"."tokens" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "tokens_of_workflow" ON "circuit_breaker"."tokens" USING btree ("workflow_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tokens_by_status" ON "circuit_breaker"."tokens" USING btree ("status","created_at","id");--> statement-breakpoint
CREATE INDEX "tokens_with_incident" ON "circuit_breaker"."tokens" USING btree ("has_incident","created_at","id");--> statement-breakpoint
CREATE INDEX "workflows_newest" ON "circuit_breaker"."workflows" USING btree ("created_at","id");