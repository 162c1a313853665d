CREATE TABLE "circuit_breaker"."rollouts" (
	"workflow_id" text NOT NULL,
	"kind" text NOT NULL,
	"use_id" text NOT NULL,
	"document" json NOT NULL,
	CONSTRAINT "rollouts_workflow_id_kind_use_id_pk" PRIMARY KEY("workflow_id","kind","use_id")
);
