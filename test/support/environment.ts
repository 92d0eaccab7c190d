/** Environment variables of one test. */

import { vi } from 'vitest';
import { TEAM } from '../demo/names.mjs';

/** What credex and the SDKs under it read; a developer's own values would change what a test sees. */
const READ =
  /^(?:AWS|AMAZON|GCP|GCLOUD|GOOGLE|CLOUDSDK|AZURE|MSAL|VERCEL)(?:_|$)|^(?:ALL|HTTPS?|NO)_PROXY$|^(?:all|https?|no)_proxy$/;

/** Sets variables until the test ends (`useFixture` restores them); `undefined` unsets one. */
export function setEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

/** Takes away what credex and the SDKs read. */
export function clearEnvironment(): void {
  for (const name of Object.keys(process.env)) if (READ.test(name)) vi.stubEnv(name, undefined);
  // The SDK warns of Node 20 once a process.
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
}

/** The variables of a deployment, which name its identity key without I/O. */
export function setDeployment(environment = 'production', projectId: string = TEAM.projectId): void {
  setEnvironment({
    VERCEL: '1',
    VERCEL_ENV: environment === 'production' ? 'production' : 'preview',
    VERCEL_TARGET_ENV: environment,
    VERCEL_PROJECT_ID: projectId,
  });
}
