import { pool } from './pool.js';

await pool.query(`
  CREATE TABLE IF NOT EXISTS orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item text NOT NULL
  )
`);
await pool.end();
