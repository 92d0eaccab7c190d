/** gcloud, and the google-auth for Python that it ships with, by the `external_account` file of `credex print-config`. */

import { execFileSync } from 'node:child_process';
import { realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeProgram, useProgramFixture } from '../support/programs.js';
import { GCP } from '../support/trust.js';

const programs = useProgramFixture();

const gcloud = {
  command: ['gcloud', '--version'],
  install:
    'the Google Cloud CLI is in no registry that CI reaches: it is shown where it is installed already',
  inCi: false,
} as const;

/** google-auth for Python as gcloud ships it: Debian's is older than external accounts. */
const SCRIPT = `
import json, sys
from google.auth import pluggable
from google.auth.transport.requests import AuthorizedSession

# Its google.auth.default() does the same, then asks the Resource Manager for the project, which is not emulated.
credentials = pluggable.Credentials.from_file(sys.argv[1], scopes=['https://www.googleapis.com/auth/cloud-platform'])
session = AuthorizedSession(credentials)
answer = session.get(sys.argv[2])
print(json.dumps({'kind': type(credentials).__module__, 'account': credentials.service_account_email,
                  'status': answer.status_code, 'text': answer.text}))
`;

describeProgram('gcloud', gcloud, () => {
  beforeAll(async () => {
    // As print-config prints it; only where Google is, is the emulator's.
    const file = (await programs.printConfig('gcp'))
      .replaceAll('https://sts.googleapis.com', programs.url('gcp-sts'))
      .replaceAll('https://iamcredentials.googleapis.com', programs.url('gcp-iam-credentials'));
    writeFileSync(join(programs.cwd, 'gcp.json'), file);
  });

  const environment = () => ({
    CLOUDSDK_CONFIG: join(programs.cwd, 'gcloud'),
    CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: join(programs.cwd, 'gcp.json'),
    CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: programs.ca,
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: 'true',
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: 'true',
    CLOUDSDK_CORE_PROJECT: GCP.projectId,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${programs.url('gcp-storage')}/`,
    GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1',
    REQUESTS_CA_BUNDLE: programs.ca,
  });
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await programs.run('gcloud', args, environment());
    expect(code, stderr).toBe(0);
    return stdout;
  };

  test('prints an access token of the service account', async () => {
    const token = (await run('auth', 'print-access-token')).trim();
    expect(token).toMatch(/^ya29\./);
    expect(programs.fixture.emulator.log.count('gcp-iam-credentials', ({ status }) => status === 200)).toBe(
      1,
    );
  });

  test('writes and reads an object', async () => {
    writeFileSync(join(programs.cwd, 'order.txt'), 'an order of 3 pears');
    await run('storage', 'cp', 'order.txt', `gs://${GCP.bucket}/orders/gcloud.txt`);
    expect(await run('storage', 'cat', `gs://${GCP.bucket}/orders/gcloud.txt`)).toBe('an order of 3 pears');
  });

  test('its google-auth reads the file, and opens the bucket', async () => {
    writeFileSync(join(programs.cwd, 'call.py'), SCRIPT);
    writeFileSync(join(programs.cwd, 'order.txt'), 'an order of 3 pears');
    await run('storage', 'cp', 'order.txt', `gs://${GCP.bucket}/orders/python.txt`);
    const object = encodeURIComponent('orders/python.txt');
    const url = `${programs.url('gcp-storage')}/storage/v1/b/${GCP.bucket}/o/${object}?alt=media`;
    const sdk = dirname(
      dirname(realpathSync(execFileSync('which', ['gcloud'], { encoding: 'utf8' }).trim())),
    );
    const env = { ...environment(), PYTHONPATH: join(sdk, 'lib', 'third_party') };
    const { stdout, stderr } = await programs.run('/usr/bin/python3', ['call.py', 'gcp.json', url], env);
    expect(stdout, stderr).not.toBe('');
    expect(JSON.parse(stdout)).toEqual({
      kind: 'google.auth.pluggable',
      account: GCP.serviceAccountEmail,
      status: 200,
      text: 'an order of 3 pears',
    });
  });
});
