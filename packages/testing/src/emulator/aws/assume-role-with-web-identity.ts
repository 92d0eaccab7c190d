import {
  assumedRoleUser,
  checkRegion,
  commonKeys,
  credentials,
  grant,
  type StsOutcome,
  type StsScene,
} from './assume-role-common.js';
import type { Role } from './identity-store.js';
import { decide, RequestContext } from './policy-evaluation.js';
import type { Session } from './sessions.js';
import { refuse } from './sts-answers.js';
import {
  assumeParameters,
  PROVIDER_ID,
  WEB_IDENTITY_TOKEN,
  type AssumeParameters,
} from './sts-parameters.js';
import { verifyWebIdentity, type WebIdentity } from './web-identity-token.js';

/** Unsigned: the token is all that speaks for the caller. It is judged before the role is looked at. */
export async function assumeRoleWithWebIdentity(form: URLSearchParams, scene: StsScene): Promise<StsOutcome> {
  const token = form.get('WebIdentityToken');
  const parameters = assumeParameters(form, (constraints) => {
    constraints.required('webIdentityToken', token);
    constraints.text('webIdentityToken', token, WEB_IDENTITY_TOKEN);
    constraints.text('providerId', form.get('ProviderId'), PROVIDER_ID);
  });
  const { roleArn } = parameters;
  if (form.has('ProviderId')) {
    // Meant for the access tokens of a few social providers; with an ID token it is a mistake.
    refuse('InvalidIdentityToken', 400, 'The ProviderId parameter is not allowed with an ID token');
  }
  checkRegion(roleArn.account, scene);
  const identity = await verifyWebIdentity(
    token ?? '',
    accountAt(parameters, scene),
    scene.identities,
    scene.world,
  );
  const role = trustedRole(parameters, identity, scene);
  const { session, packedSize } = grant(role, parameters, scene, {
    limit: role.maxSessionDuration,
    keys: sessionKeys(identity, role),
  });
  return {
    result: [
      ['Audience', identity.audience],
      assumedRoleUser(session),
      ['Provider', providerArn(role, identity)],
      credentials(session),
      ['SubjectFromWebIdentityToken', identity.subject],
      packedSize === undefined ? undefined : ['PackedPolicySize', packedSize],
    ],
    log: { subject: identity.subject, audience: identity.audience },
  };
}

/** An account of another partition isn't there: its providers are as unknown as its roles. */
const accountAt = ({ roleArn }: AssumeParameters, { place }: StsScene): string =>
  place === undefined || place.partition === roleArn.partition ? roleArn.account : '';

const providerArn = (role: Pick<Role, 'arn'>, { provider }: WebIdentity): string =>
  `arn:${role.arn.partition}:iam::${role.arn.account}:oidc-provider/${provider.hostPath}`;

const sessionKeys = (identity: WebIdentity, role: Role): Session['keys'] => ({
  ...identity.keys,
  'aws:FederatedProvider': providerArn(role, identity),
});

/** A role that is missing and a role that doesn't trust the token are the same to the outside. */
function trustedRole(parameters: AssumeParameters, identity: WebIdentity, scene: StsScene): Role {
  const action = 'sts:AssumeRoleWithWebIdentity';
  const denied = (why: string) => refuse('AccessDenied', 403, `Not authorized to perform ${action}`, why);
  const role = scene.identities.role(parameters.roleArn.arn) ?? denied('there is no such role');
  const arn = providerArn(role, identity);
  const decision = decide([role.trustPolicy], {
    action,
    resource: role.arn.arn,
    context: new RequestContext({ ...commonKeys(parameters, scene), ...sessionKeys(identity, role) }),
    // The two ways to say everyone are the same.
    isCaller: ({ type, value }) =>
      type === '*' || (type === 'AWS' && value === '*') || (type === 'Federated' && value === arn),
  });
  return decision.effect === 'allow' ? role : denied(`the trust policy says ${decision.effect}`);
}
