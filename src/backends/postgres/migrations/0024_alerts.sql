CREATE TABLE "circuit_breaker"."alert_marks" (
	"name" text PRIMARY KEY NOT NULL,
	"made_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."alert_messages" (
	"id" text PRIMARY KEY NOT NULL,
	"alert_id" text NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "circuit_breaker"."alert_messages_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"body" text NOT NULL,
	"made_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"attempts" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."alert_tallies" (
	"process_id" text NOT NULL,
	"number" integer NOT NULL,
	"tally" json NOT NULL,
	"told_at" timestamp with time zone NOT NULL,
	CONSTRAINT "alert_tallies_process_id_number_pk" PRIMARY KEY("process_id","number")
);
--> statement-breakpoint
CREATE TABLE "circuit_breaker"."alerts" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"subject" text NOT NULL,
	"workflow_id" text,
	"since" text NOT NULL,
	"ended_at" text,
	"document" json NOT NULL
);
--> statement-breakpoint
CREATE INDEX "alert_messages_due" ON "circuit_breaker"."alert_messages" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "alert_messages_of_alert" ON "circuit_breaker"."alert_messages" USING btree ("alert_id","number");--> statement-breakpoint
CREATE INDEX "alert_tallies_oldest" ON "circuit_breaker"."alert_tallies" USING btree ("told_at");--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_open" ON "circuit_breaker"."alerts" USING btree ("name","subject") WHERE "circuit_breaker"."alerts"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "alerts_newest" ON "circuit_breaker"."alerts" USING btree ("since","id");--> statement-breakpoint
CREATE INDEX "alerts_ended" ON "circuit_breaker"."alerts" USING btree ("ended_at");