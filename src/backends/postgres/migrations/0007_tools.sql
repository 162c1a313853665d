CREATE TABLE "circuit_breaker"."tool_calls" (
	"execution_id" text NOT NULL,
	"turn" integer NOT NULL,
	"index" integer NOT NULL,
	"attempt" text NOT NULL,
	"attempts" integer NOT NULL,
	"outcome" json,
	CONSTRAINT "tool_calls_execution_id_turn_index_pk" PRIMARY KEY("execution_id","turn","index")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."tools" (
	"name" text PRIMARY KEY NOT NULL,
	"offered_at" text NOT NULL,
	"offer" json NOT NULL
);
--> statement-breakpoint
CREATE INDEX "tools_oldest" ON "circuit_breaker"."tools" USING btree ("offered_at");