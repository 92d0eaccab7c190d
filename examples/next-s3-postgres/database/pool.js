import { readFileSync } from 'node:fs';
import { rdsPassword } from '@credex/aws/rds';
import { pgOptions } from '@credex/connect/pg';
import { attachDatabasePool } from '@vercel/functions';
import { Pool } from 'pg';

// `credex dev` sets them for the database that it starts.
const { PGHOST, PGPORT = '5432', PGUSER, PGDATABASE } = process.env;
if (!PGHOST || !PGUSER || !PGDATABASE)
  throw new Error('Set PGHOST, PGUSER and PGDATABASE for this environment, and deploy again.');

/** Each new connection logs in with a password that is signed for it and is valid for 15 minutes. */
export const pool = new Pool(
  pgOptions({
    host: PGHOST,
    port: Number(PGPORT),
    user: PGUSER,
    database: PGDATABASE,
    // Node does not know the authority of RDS. `credex dev` sets PGSSLROOTCERT to that of the emulator.
    ssl: { ca: readFileSync(process.env.PGSSLROOTCERT ?? 'global-bundle.pem', 'utf8') },
    password: rdsPassword({ hostname: PGHOST, port: Number(PGPORT), username: PGUSER }),
    max: 5,
  }),
);

// A connection that breaks while it is idle.
pool.on('error', (error) => console.error(error));

// Vercel suspends the instance only when the pool has closed its idle connections. No effect outside of Vercel.
attachDatabasePool(pool);
