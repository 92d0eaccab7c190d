/** PostgreSQL as a store: a table, and each function one statement. */

import type { CredentialStore } from '@credex/store';

/** `Pool` of `pg`, as far as it is used. */
export interface Queries {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: readonly Record<string, unknown>[]; readonly rowCount: number | null }>;
}

/** Rows that have ended are deleted by a job of yours, at any time. */
export const TABLE =
  'CREATE UNLOGGED TABLE IF NOT EXISTS credex_records (name text PRIMARY KEY, record text NOT NULL, ends_at timestamptz NOT NULL)';

const ENDS = "now() + $3 * interval '1 millisecond'";
const PUT = `INSERT INTO credex_records VALUES ($1, $2, ${ENDS})
  ON CONFLICT (name) DO UPDATE SET record = excluded.record, ends_at = excluded.ends_at`;

export function postgresStore(pool: Queries): CredentialStore {
  const changes = async (text: string, ...values: unknown[]): Promise<boolean> =>
    ((await pool.query(text, values)).rowCount ?? 0) > 0;
  return {
    async get(name) {
      const { rows } = await pool.query(
        'SELECT record, extract(epoch FROM ends_at - now())::float * 1000 AS ttl FROM credex_records WHERE name = $1 AND ends_at > now()',
        [name],
      );
      const [row] = rows;
      return row && { record: row['record'] as string, ttlMs: Math.floor(row['ttl'] as number) };
    },
    async set(name, record, ttlMs) {
      await changes(PUT, name, record, ttlMs);
    },
    async delete(name, ifRecord) {
      if (ifRecord === undefined) await changes('DELETE FROM credex_records WHERE name = $1', name);
      else await changes('DELETE FROM credex_records WHERE name = $1 AND record = $2', name, ifRecord);
    },
    lock: (name, token, ttlMs) => changes(`${PUT} WHERE credex_records.ends_at <= now()`, name, token, ttlMs),
    takeOver: (name, seen, token, ttlMs) =>
      changes(
        `UPDATE credex_records SET record = $2, ends_at = ${ENDS} WHERE name = $1 AND record = $4 AND ends_at > now()`,
        name,
        token,
        ttlMs,
        seen,
      ),
    async unlock(name, token) {
      await changes('DELETE FROM credex_records WHERE name = $1 AND record = $2', name, token);
    },
  };
}
