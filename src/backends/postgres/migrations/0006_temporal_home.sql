CREATE TABLE "circuit_breaker"."temporal_home" (
	"id" integer PRIMARY KEY NOT NULL,
	"document" json NOT NULL
);
