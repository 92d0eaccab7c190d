// The shapes of @credex/gcp against Google's own types. Compiled, never run.
import type { Credential, CredentialProvider, OptionError } from '@credex/core';
import type { ExchangeContext } from '@credex/core/internal';
import type {
  GcpConfiguration,
  GcpCredentials,
  GcpCredentialsProvider,
  GcpCredentialsProviderOptions,
  GcpExchangerFactory,
  GcpRequest,
} from '@credex/gcp';
import { gcpCredentialsProvider, getGcpCredentials } from '@credex/gcp';
import { cloudSqlPassword } from '@credex/gcp/cloud-sql';
import { googleAuthClient, googleAuthLibraryExchanger, idTokenClient } from '@credex/gcp/google-auth-library';
import { getGcpIdToken } from '@credex/gcp/id-token';
import { Storage as StorageWithLibrary9 } from '@google-cloud/storage';
import type { StorageOptions as StorageOptions11 } from '@google-cloud/storage-8';
import { Storage as StorageWithLibrary11 } from '@google-cloud/storage-8';
import type { IdTokenClient, IdentityPoolClient, JWT } from 'google-auth-library';
import { AuthClient, DownscopedClient, GoogleAuth, gaxios } from 'google-auth-library';

// The portable provider, and the credential as plain data.
const provider: CredentialProvider<GcpCredentials, GcpRequest> = gcpCredentialsProvider();
const credential: Promise<GcpCredentials> = getGcpCredentials(
  { scopes: ['openid'] },
  { request: { scopes: 'openid' } },
);
const plain: Credential = await credential;
const named: { readonly accessToken: string; readonly expiresAt: number; readonly principal: string } =
  await credential;

// @ts-expect-error the members are typed as read-only
(await credential).accessToken = 'other';
// @ts-expect-error unknown options are refused
gcpCredentialsProvider({ serviceAccount: 'a@b.iam.gserviceaccount.com' });
// @ts-expect-error a lifetime is a number of seconds
gcpCredentialsProvider({ lifetimeSeconds: '3600s' });
// @ts-expect-error a project's number is written as text: it is a name, not a quantity
gcpCredentialsProvider({ projectNumber: 123456789012 });
// @ts-expect-error one call asks for scopes only
void provider.getCredentials({ request: { region: 'us-east-1' } });
// `undefined` is left out, also under exactOptionalPropertyTypes.
const leftOut: GcpCredentialsProviderOptions = {
  serviceAccountEmail: undefined,
  scopes: undefined,
  exchanger: undefined,
};

// firebase-admin's Credential, by its declaration.
interface FirebaseCredential {
  getAccessToken(): Promise<{ access_token: string; expires_in: number }>;
}
const firebase: FirebaseCredential = gcpCredentialsProvider() satisfies GcpCredentialsProvider;

// The SDK's own types.
const client: AuthClient = googleAuthClient({ quotaProjectId: 'billed' });
const auth = new GoogleAuth({ authClient: client });
const downscoped = new DownscopedClient(client, { accessBoundary: { accessBoundaryRules: [] } });
const poolClient: IdentityPoolClient = googleAuthClient();
const token: Promise<{ token?: string | null }> = googleAuthClient().getAccessToken();
const factory: GcpExchangerFactory = googleAuthLibraryExchanger({
  transporter: new gaxios.Gaxios({ proxy: 'http://proxy.example:3128' }),
});
// @ts-expect-error a transporter makes requests
googleAuthLibraryExchanger({ transporter: {} });

// Clients that carry library 9 and 11: the type is inferred from where the client is used …
new StorageWithLibrary9({ authClient: googleAuthClient() });
new StorageWithLibrary11({ authClient: googleAuthClient() });
// … and named for a variable, whose own type is that of the copy that is installed here, 10.
const shared = googleAuthClient<StorageOptions11['authClient']>();
new StorageWithLibrary11({ authClient: shared });
// @ts-expect-error AuthClient of google-auth-library 9
new StorageWithLibrary9({ authClient: client });
// @ts-expect-error AuthClient of google-auth-library 11
new StorageWithLibrary11({ authClient: client });
// What it isn't, it doesn't pass for, whatever is inferred.
// @ts-expect-error a GoogleAuth is made with it
const googleAuth: GoogleAuth = googleAuthClient();
// @ts-expect-error it has no private key
const jwt: JWT = googleAuthClient();
// @ts-expect-error it is no text
const text: string = googleAuthClient();
// @ts-expect-error nor after the type was named
googleAuthClient<string>().trim();

// ID tokens: for google-auth-library, and as data.
const idTokens: IdTokenClient = idTokenClient({ targetAudience: 'https://a.run.app' });
const idToken: Promise<Credential & { readonly idToken: string }> = getGcpIdToken({ targetAudience: 'x' });
// @ts-expect-error an ID token has an audience
void getGcpIdToken({});
// @ts-expect-error an ID token has no scopes
void getGcpIdToken({ targetAudience: 'x', scopes: 'openid' });
// A client that calls a password function for each connection.
const password: { readonly password: () => string | Promise<string> } = { password: cloudSqlPassword() };

// An exchanger of somebody else's.
const mine: GcpExchangerFactory = (configuration: GcpConfiguration) => ({
  specificationVersion: 'v1',
  provider: 'gcp',
  cacheKeyFields: ({ scopes }) => ({ scopes, projectNumber: configuration.projectNumber }),
  exchange: async (_request, context: ExchangeContext) => ({
    credential: { accessToken: (await context.subject()).jwt, expiresAt: 0, principal: '' },
  }),
  parseStored: (record) => record as GcpCredentials,
  classify: () => ({ code: 'unknown', retry: 'never' }),
});
gcpCredentialsProvider({ exchanger: mine });

export type Used = [
  typeof plain,
  typeof named,
  typeof leftOut,
  typeof firebase,
  typeof auth,
  typeof downscoped,
  typeof poolClient,
  typeof token,
  typeof googleAuth,
  typeof jwt,
  typeof text,
  typeof factory,
  typeof idTokens,
  typeof idToken,
  typeof password,
  OptionError,
];
