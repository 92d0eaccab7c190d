import { done, input } from './measured.mjs';
import { postForm, token } from './post.mjs';

const { authorityHost, clientId, scopes, tenantId } = input.azure;
const answer = await postForm(`${authorityHost}/${tenantId}/oauth2/v2.0/token`, {
  client_id: clientId,
  scope: scopes,
  grant_type: 'client_credentials',
  client_assertion: token,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
});
done(JSON.parse(answer).access_token);
