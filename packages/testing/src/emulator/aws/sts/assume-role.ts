import { judgeHop, knownKeys, passedOn, requestTagKeys, sessionTagKeys } from '@credex/explain/internal';
import type { HopDecision, RequestedSession } from '@credex/explain/internal';
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
import { callerAccount, callerArn, callerDecisions, callerKeys, type Caller } from '../sessions.js';
import { refuse } from './responses.js';
import { assumeParameters, EXTERNAL_ID, type AssumeParameters } from './parameters.js';
import { assertPossible, passedBy, requestedSession } from './requested-tags.js';

const ACTION = 'sts:AssumeRole';
/** The longest session of a role that another role's session assumed, in seconds. */
const CHAINED_DURATION = 3600;

/** Signed by a user, or by another role's session: a chain. */
export function assumeRole(form: URLSearchParams, scene: StsScene, caller: Caller): StsOutcome {
  const externalId = form.get('ExternalId');
  let requested: RequestedSession = { tags: {}, transitiveKeys: [], sourceIdentity: undefined };
  const parameters = assumeParameters(form, (constraints) => {
    constraints.text('externalId', externalId, EXTERNAL_ID);
    requested = requestedSession(form, constraints);
  });
  const passed = passedBy(caller);
  assertPossible(form, requested, passed);
  checkRegion(parameters.roleArn.account, scene);
  const role = roleForCaller(parameters, externalId ?? undefined, requested, scene, caller);
  const chained = caller.kind === 'session';
  const next = passedOn(requested, passed);
  const { session, packedSize } = grant(role, parameters, scene, {
    limit: role.maxSessionDuration,
    chainedLimit: chained ? CHAINED_DURATION : undefined,
    keys: sessionTagKeys({ ...passed.tags, ...requested.tags }, next.sourceIdentity),
    tags: { ...passed.tags, ...requested.tags },
    passed: next,
  });
  return {
    result: { ...sessionElements(session, packedSize), SourceIdentity: next.sourceIdentity },
    log: { caller: callerArn(caller), chained: String(chained) },
  };
}

function roleForCaller(
  parameters: AssumeParameters,
  externalId: string | undefined,
  requested: RequestedSession,
  scene: StsScene,
  caller: Caller,
): Role {
  const { arn } = parameters.roleArn;
  const denied = (action: string, why: string) =>
    refuse(
      'AccessDenied',
      `User: ${callerArn(caller)} is not authorized to perform: ${action} on resource: ${arn}`,
      why,
    );
  const role = scene.identities.role(arn) ?? denied(ACTION, 'there is no such role');
  if (scene.place !== undefined && scene.place.partition !== role.arn.partition)
    denied(ACTION, 'another partition');
  const keys = knownKeys({
    ...commonKeys(parameters, scene),
    ...callerKeys(caller),
    ...requestTagKeys(requested),
    'sts:ExternalId': externalId,
  });
  const request = {
    caller: {
      arn: caller.kind === 'session' ? caller.session.roleArn : caller.user.arn,
      sessionName: nameOf(caller),
    },
    passed: passedBy(caller),
    requested,
    resource: arn,
    keys,
  };
  for (const trust of judgeHop(role.trustPolicy, request)) {
    const why = whyDenied(trust, request, role, caller);
    if (why !== undefined) denied(trust.action, why);
  }
  return role;
}

const nameOf = (caller: Caller): string | undefined =>
  caller.kind === 'session' ? caller.session.name : undefined;

/** Why neither the role's trust policy nor the caller's own policies allow the action; undefined where they do. */
function whyDenied(
  { action, effect, isNamed }: HopDecision,
  { resource, keys }: Pick<Parameters<typeof judgeHop>[1], 'resource' | 'keys'>,
  role: Role,
  caller: Caller,
): string | undefined {
  if (effect !== 'allow') return trustRefusal(effect);
  const { identity, session } = callerDecisions(caller, { action, resource, keys });
  if (identity.effect === 'explicit-deny') return 'an identity policy denies it';
  // Named by its own ARN in its own account, a caller needs no more; named through its account, it needs the
  // account's word as well, which is an identity policy.
  if (identity.effect !== 'allow' && !(isNamed && callerAccount(caller) === role.arn.account))
    return 'no identity policy allows it';
  return session !== undefined && session.effect !== 'allow' ? 'no session policy allows it' : undefined;
}
