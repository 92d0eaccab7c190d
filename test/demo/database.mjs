// A real PostgreSQL for the demo, behind a gate that logs clients in as Amazon RDS does.
import { startPostgresGate } from '@credex/testing/gates';
import pg from 'pg';
import { hasPostgres, startPostgres } from '../support/postgres-server.mjs';
import { AWS, DATABASE } from './names.mjs';

/**
 * Undefined if this machine has no PostgreSQL.
 * @param {import('@credex/testing/emulator').Emulator} emulator
 */
export async function startDatabase(emulator) {
  if (!hasPostgres()) return undefined;
  const server = await startPostgres();
  try {
    const admin = new pg.Client({
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      database: 'postgres',
    });
    await admin.connect();
    await admin.query(`CREATE ROLE ${DATABASE.user} LOGIN`);
    await admin.query(`CREATE DATABASE ${DATABASE.name} OWNER ${DATABASE.user}`);
    await admin.end();
    const login = { cloud: 'aws', region: AWS.region, resource: DATABASE.resource };
    const gate = await startPostgresGate({ emulator, server: { port: server.port }, login });
    return {
      environment: { DEMO_DATABASE_HOST: gate.hostname, DEMO_DATABASE_PORT: String(gate.port) },
      async stop() {
        await gate.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
