import { azureCredentialsProvider } from '@credex/azure';
import { mssqlOptions } from '@credex/connect/mssql';
import { Connection } from 'tedious';
import { assertEntraToken } from '../support/bearer.ts';
import { options } from '../support/deployment.ts';
import { startSqlServer } from '../support/tds.ts';

export async function call(): Promise<string> {
  const server = await startSqlServer();
  const connection = new Connection(
    mssqlOptions({
      server: 'localhost',
      credential: azureCredentialsProvider(options.azure),
      options: { port: server.port },
    }),
  );
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === undefined ? resolve() : reject(error)));
  });
  connection.close();
  await assertEntraToken(server.tokens[0], 'https://database.windows.net/.default');
  return 'TDS 8.0 over TLS: a login with a token for database.windows.net; no query';
}
