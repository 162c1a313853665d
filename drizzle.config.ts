import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/backends/postgres/tables/*.ts',
  out: './src/backends/postgres/migrations',
});
