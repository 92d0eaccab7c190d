import { IdentityPoolClient } from 'google-auth-library';
import { done, input } from './measured.mjs';

const { stsEndpoint, iamCredentialsEndpoint, serviceAccountEmail } = input.gcp;
const client = new IdentityPoolClient({
  audience: input.gcpAudience,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: `${stsEndpoint}/v1/token`,
  service_account_impersonation_url: `${iamCredentialsEndpoint}/v1/projects/-/serviceAccounts/${serviceAccountEmail}:generateAccessToken`,
  subject_token_supplier: { getSubjectToken: async () => input.token },
});
done((await client.getAccessToken()).token);
