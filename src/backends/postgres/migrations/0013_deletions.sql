CREATE TABLE "circuit_breaker"."deleted_executions" (
	"id" text PRIMARY KEY NOT NULL,
	"deleted_at" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."deleted_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"deleted_at" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "circuit_breaker"."conversations" ADD COLUMN "unused_since" text;--> statement-breakpoint
CREATE INDEX "deleted_executions_oldest" ON "circuit_breaker"."deleted_executions" USING btree ("deleted_at");--> statement-breakpoint
CREATE INDEX "deleted_tokens_oldest" ON "circuit_breaker"."deleted_tokens" USING btree ("deleted_at");--> statement-breakpoint
CREATE INDEX "conversations_unused" ON "circuit_breaker"."conversations" USING btree ("unused_since") WHERE "circuit_breaker"."conversations"."unused_since" is not null;--> statement-breakpoint
CREATE INDEX "executions_alone_by_end" ON "circuit_breaker"."executions" USING btree (coalesce("document"->>'completedAt', "created_at"),"id") WHERE "circuit_breaker"."executions"."ended" and "circuit_breaker"."executions"."token_id" is null;--> statement-breakpoint
CREATE INDEX "executions_of_conversation" ON "circuit_breaker"."executions" USING btree (("document"->>'conversationId')) WHERE "circuit_breaker"."executions"."document"->>'conversationId' <> "circuit_breaker"."executions"."id";--> statement-breakpoint
CREATE INDEX "tokens_by_end" ON "circuit_breaker"."tokens" USING btree (("document"->>'updatedAt'),"id") WHERE "circuit_breaker"."tokens"."status" <> 'ACTIVE';