import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { gcpCredentialsProvider } from '@credex/gcp';
import { initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { getFirestore } from 'firebase-admin/firestore';
import { getStorage } from 'firebase-admin/storage';
import { assertGoogleToken } from '../support/bearer.ts';
import { bucket, options, projectId } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

/** Firebase's hosts are fixed: their connections go to the server of this process. */
function agentTo(port: number): Agent {
  const agent = new Agent();
  agent.createConnection = () => connect({ port, host: '127.0.0.1', servername: 'localhost' });
  return agent;
}

let apps = 0;

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({
    body: { users: [{ localId: 'u1', email: 'a@acme.example' }] },
  }));
  const app = initializeApp(
    {
      projectId,
      credential: gcpCredentialsProvider(options.gcp),
      httpAgent: agentTo(server.port),
    },
    `app-${++apps}`,
  );
  const { email } = await getAuth(app).getUser('u1');
  assert.equal(email, 'a@acme.example');
  await assertGoogleToken(server.last().headers['authorization']);

  // They accept a service account's key or Google's default credentials only: the README names the alternative.
  assert.throws(() => getFirestore(app), /Must initialize the SDK with a certificate credential/);
  assert.throws(
    () => getStorage(app).bucket(bucket),
    /Must initialize the SDK with a certificate credential/,
  );
  return 'accounts:lookup of Auth: the bearer token is the service account’s; its Firestore and Storage refuse';
}
