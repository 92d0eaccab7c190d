/** MSAL for Python: a confidential client whose assertion is the deployment's token, against the emulator's Entra. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeProgram, useProgramFixture } from '../support/programs.js';
import { AZURE } from '../support/trust.js';

const programs = useProgramFixture();

/** Debian's Python, for which apt installs the package: another one that comes first on PATH has it not. */
const PYTHON = '/usr/bin/python3';

const msal = {
  command: [PYTHON, '-c', 'import msal; print("msal", msal.__version__)'],
  install: 'apt-get install python3-msal',
  inCi: true,
} as const;

/** As its documentation has it; then a blob is written and read by the token. */
const SCRIPT = `
import json, os, sys
import msal, requests

with open(os.environ['AZURE_FEDERATED_TOKEN_FILE']) as file:
    assertion = file.read()
authority = sys.argv[1] + '/' + os.environ['AZURE_TENANT_ID']
app = msal.ConfidentialClientApplication(
    os.environ['AZURE_CLIENT_ID'], authority=authority, instance_discovery=False,
    client_credential={'client_assertion': assertion}, verify=sys.argv[4])
scopes = ['https://storage.azure.com/.default']
result = app.acquire_token_for_client(scopes=scopes)
again = app.acquire_token_silent(scopes, account=None) if 'access_token' in result else None
blob = {}
if 'access_token' in result:
    headers = {'authorization': 'Bearer ' + result['access_token'], 'x-ms-version': '2021-12-02'}
    url = sys.argv[2] + sys.argv[3]
    put = requests.put(url, data='an order of 3 pears', verify=sys.argv[4],
                       headers={**headers, 'x-ms-blob-type': 'BlockBlob'})
    got = requests.get(url, headers=headers, verify=sys.argv[4])
    blob = {'put': put.status_code, 'get': got.status_code, 'text': got.text}
print(json.dumps({
    'type': result.get('token_type'), 'expires': result.get('expires_in'), 'error': result.get('error'),
    'codes': result.get('error_codes'), 'cached': again is not None and again['access_token'] == result['access_token'],
    'blob': blob}))
`;

describeProgram('MSAL for Python', msal, () => {
  beforeAll(() => writeFileSync(join(programs.cwd, 'call.py'), SCRIPT));

  const call = async (env: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const place = [programs.url('entra'), programs.url('azure-blob')];
    const args = ['call.py', ...place, `/${AZURE.account}/${AZURE.container}/py.txt`, programs.ca];
    const { code, stdout, stderr } = await programs.exec('azure', PYTHON, args, env);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  test('exchanges the token of credex exec, keeps the answer, and opens the storage account', async () => {
    expect(await call()).toEqual({
      type: 'Bearer',
      expires: expect.any(Number) as number,
      error: null,
      codes: null,
      cached: true,
      blob: { put: 201, get: 200, text: 'an order of 3 pears' },
    });
    const exchanges = programs.fixture.emulator.log.count('entra', ({ method }) => method === 'POST');
    expect(exchanges).toBe(1);
  });

  test('hears why another environment is refused', async () => {
    const VERCEL_OIDC_TOKEN = await programs.fixture.mint({ environment: 'preview' });
    expect(await call({ VERCEL_OIDC_TOKEN })).toMatchObject({
      error: 'invalid_client',
      codes: [700213],
      blob: {},
    });
  });
});
