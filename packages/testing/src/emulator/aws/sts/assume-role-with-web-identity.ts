import {
  decide,
  isWebIdentity,
  knownKeys,
  passedOn,
  providerArn,
  requestKeys,
  requestTagKeys,
  sessionActions,
  sessionTagKeys,
} from '@credex/explain/internal';
import type { Lookup } from '@credex/explain/internal';
import {
  checkRegion,
  commonKeys,
  grant,
  sessionElements,
  trustRefusal,
  type StsOutcome,
  type StsScene,
} from './common.js';
import type { Role } from '../iam/identity-store.js';
import type { Session } from '../sessions.js';
import { refuse } from './responses.js';
import { assumeParameters, PROVIDER_ID, WEB_IDENTITY_TOKEN, type AssumeParameters } from './parameters.js';
import { verifyWebIdentity, type WebIdentity } from './web-identity-token.js';

/** No session comes before. */
const NOTHING = { tags: {}, sourceIdentity: undefined };
const ACTION = 'sts:AssumeRoleWithWebIdentity';

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
    refuse('InvalidIdentityToken', 'The ProviderId parameter is not allowed with an ID token');
  }
  checkRegion(roleArn.account, scene);
  const identity = await verifyWebIdentity(
    token ?? '',
    accountAt(parameters, scene),
    scene.identities,
    scene.runtime,
  );
  const role = trustedRole(parameters, identity, scene);
  const { tags, sourceIdentity } = identity.session;
  const { session, packedSize } = grant(role, parameters, scene, {
    limit: role.maxSessionDuration,
    keys: sessionKeys(identity, role),
    tags,
    passed: passedOn(identity.session, NOTHING),
  });
  return {
    result: {
      Audience: identity.audience,
      Provider: providerOf(role, identity),
      SubjectFromWebIdentityToken: identity.subject,
      SourceIdentity: sourceIdentity,
      ...sessionElements(session, packedSize),
    },
    log: { subject: identity.subject, audience: identity.audience },
  };
}

/** An account of another partition isn't there: its providers are as unknown as its roles. */
const accountAt = ({ roleArn }: AssumeParameters, { place }: StsScene): string =>
  place === undefined || place.partition === roleArn.partition ? roleArn.account : '';

const providerOf = (role: Role, { claims }: WebIdentity): string => providerArn(claims, role.arn.arn) ?? '';

/** What stays with the session. */
const sessionKeys = (identity: WebIdentity, role: Role): Session['keys'] => {
  const { tags, sourceIdentity } = identity.session;
  return {
    ...identity.sessionKeys,
    'aws:FederatedProvider': providerOf(role, identity),
    ...sessionTagKeys(tags, sourceIdentity),
  };
};

/** What the trust policy sees: what the token says, and what the request and the network add. */
function trustKeys(identity: WebIdentity, role: Role, parameters: AssumeParameters, scene: StsScene): Lookup {
  const facts = {
    roleArn: role.arn.arn,
    roleSessionName: parameters.sessionName,
    now: scene.runtime.clock.now(),
  };
  return knownKeys(
    {
      ...commonKeys(parameters, scene),
      'aws:ResourceAccount': role.arn.account,
      ...requestTagKeys(identity.session),
    },
    requestKeys(identity.claims, facts),
  );
}

/** A role that is missing and a role that doesn't trust the token are the same to the outside. */
function trustedRole(parameters: AssumeParameters, identity: WebIdentity, scene: StsScene): Role {
  const denied = (action: string, why: string) =>
    refuse('AccessDenied', `Not authorized to perform ${action}`, why);
  const { authorizedRoles } = identity.session;
  const { arn: roleArn } = parameters.roleArn;
  // Judged before the trust policy: a token that names roles is good for these alone.
  if (authorizedRoles?.includes(roleArn) === false) {
    refuse('InvalidIdentityToken', 'The roles claim does not authorize the requested role', roleArn);
  }
  const role = scene.identities.role(roleArn) ?? denied(ACTION, 'there is no such role');
  const keys = trustKeys(identity, role, parameters, scene);
  const actions = [ACTION, ...sessionActions(identity.session, NOTHING)];
  for (const action of actions) {
    const decision = decide([role.trustPolicy], {
      action,
      keys,
      isCaller: (principal) => isWebIdentity(principal, identity.claims, role.arn.arn),
    });
    if (decision.effect !== 'allow') denied(action, trustRefusal(decision.effect));
  }
  return role;
}
