import { done, input } from './measured.mjs';
import { post, postForm, token } from './post.mjs';

const { stsEndpoint, iamCredentialsEndpoint, serviceAccountEmail } = input.gcp;
const federated = JSON.parse(
  await postForm(`${stsEndpoint}/v1/token`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: input.gcpAudience,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  }),
);
const answer = await post(
  `${iamCredentialsEndpoint}/v1/projects/-/serviceAccounts/${serviceAccountEmail}:generateAccessToken`,
  { 'content-type': 'application/json', authorization: `Bearer ${federated.access_token}` },
  JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'] }),
);
done(JSON.parse(answer).accessToken);
