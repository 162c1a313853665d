CREATE TABLE "circuit_breaker"."tool_servers" (
	"name" text PRIMARY KEY NOT NULL,
	"seen_at" text NOT NULL,
	"server" json NOT NULL
);
