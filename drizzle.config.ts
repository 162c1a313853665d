import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './scripts/tables/*.ts',
  out: './src/backends/postgres/migrations',
});
