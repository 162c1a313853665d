CREATE TABLE "circuit_breaker"."turn_claims" (
	"execution_id" text NOT NULL,
	"turn" integer NOT NULL,
	"series" text NOT NULL,
	"attempt" integer NOT NULL,
	CONSTRAINT "turn_claims_execution_id_turn_pk" PRIMARY KEY("execution_id","turn")
);
