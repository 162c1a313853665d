import { pgSchema } from 'drizzle-orm/pg-core';

/** All tables live in a schema of their own, so that the program can share a database. */
export const circuitBreaker = pgSchema('circuit_breaker');
