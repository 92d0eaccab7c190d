import { ClientAssertionCredential } from '@azure/identity';
import { done, input } from './measured.mjs';

const { authorityHost, clientId, scopes, tenantId } = input.azure;
const credential = new ClientAssertionCredential(tenantId, clientId, async () => input.token, {
  authorityHost,
  disableInstanceDiscovery: true,
});
done((await credential.getToken(scopes)).token);
