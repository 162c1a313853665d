CREATE TABLE "circuit_breaker"."batch_requests" (
	"execution_id" text NOT NULL,
	"turn" integer NOT NULL,
	"custom_id" text NOT NULL,
	"group_id" text NOT NULL,
	"path" text NOT NULL,
	"body" text NOT NULL,
	"joined_at" text NOT NULL,
	"batch_id" text,
	"answer" json,
	CONSTRAINT "batch_requests_execution_id_turn_pk" PRIMARY KEY("execution_id","turn")
);
--> statement-breakpoint
CREATE INDEX "batch_requests_in_batch" ON "circuit_breaker"."batch_requests" USING btree ("batch_id","custom_id");--> statement-breakpoint
CREATE INDEX "batch_requests_waiting" ON "circuit_breaker"."batch_requests" USING btree ("group_id","joined_at") WHERE "circuit_breaker"."batch_requests"."batch_id" is null;--> statement-breakpoint
CREATE INDEX "batch_requests_oldest" ON "circuit_breaker"."batch_requests" USING btree ("joined_at");