import { decide, knownKeys } from '@credex/explain/internal';
import type { Principal } from '@credex/explain/internal';
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
import { callerAccount, callerArn, callerKeys, type Caller } from '../sessions.js';
import { refuse } from './responses.js';
import { assumeParameters, EXTERNAL_ID, type AssumeParameters } from './parameters.js';

/** The longest session of a role that another role's session assumed, in seconds. */
const CHAINED_DURATION = 3600;

/** Signed by a user, or by another role's session: a chain. */
export function assumeRole(form: URLSearchParams, scene: StsScene, caller: Caller): StsOutcome {
  const externalId = form.get('ExternalId');
  const parameters = assumeParameters(form, (constraints) => {
    constraints.text('externalId', externalId, EXTERNAL_ID);
  });
  checkRegion(parameters.roleArn.account, scene);
  const role = roleForCaller(parameters, externalId ?? undefined, scene, caller);
  const chained = caller.kind === 'session';
  const { session, packedSize } = grant(role, parameters, scene, {
    limit: role.maxSessionDuration,
    chainedLimit: chained ? CHAINED_DURATION : undefined,
    keys: {},
  });
  return {
    result: sessionElements(session, packedSize),
    log: { caller: callerArn(caller), chained: String(chained) },
  };
}

function roleForCaller(
  parameters: AssumeParameters,
  externalId: string | undefined,
  scene: StsScene,
  caller: Caller,
): Role {
  const action = 'sts:AssumeRole';
  const { arn } = parameters.roleArn;
  const denied = (why: string) =>
    refuse(
      'AccessDenied',
      403,
      `User: ${callerArn(caller)} is not authorized to perform: ${action} on resource: ${arn}`,
      why,
    );
  const role = scene.identities.role(arn) ?? denied('there is no such role');
  if (scene.place !== undefined && scene.place.partition !== role.arn.partition) denied('another partition');
  const keys = knownKeys({
    ...commonKeys(parameters, scene),
    ...callerKeys(caller),
    'sts:ExternalId': externalId,
  });
  const request = { action, resource: arn, keys };
  const trust = decide([role.trustPolicy], {
    ...request,
    isCaller: (principal) => names(principal, caller, role),
  });
  if (trust.effect !== 'allow') return denied(trustRefusal(trust.effect));

  // Named by its own ARN in its own account, a caller needs no more; named through its account, it needs the
  // account's word as well, which is an identity policy.
  const named = trust.statements.some(
    ({ statement: { effect, principals }, applies }) =>
      effect === 'Allow' && applies === true && principals.some((one) => isDirect(one, caller)),
  );
  const policies = caller.kind === 'session' ? caller.role.policies : caller.user.policies;
  const own = decide(policies, request);
  if (own.effect === 'explicit-deny') return denied('an identity policy denies it');
  if (own.effect !== 'allow' && !(named && callerAccount(caller) === role.arn.account)) {
    return denied('no identity policy allows it');
  }
  const session = caller.kind === 'session' ? caller.session.policies : undefined;
  if (session !== undefined && decide(session, request).effect !== 'allow') {
    return denied('no session policy allows it');
  }
  return role;
}

const callerArns = (caller: Caller): readonly string[] =>
  caller.kind === 'session' ? [caller.session.arn, caller.session.roleArn] : [caller.user.arn];

const isDirect = ({ type, value }: Principal, caller: Caller): boolean =>
  type === 'AWS' && callerArns(caller).includes(value);

function names(principal: Principal, caller: Caller, role: Role): boolean {
  if (principal.type === '*' || (principal.type === 'AWS' && principal.value === '*')) return true;
  if (principal.type !== 'AWS') return false;
  const account = callerAccount(caller);
  return (
    isDirect(principal, caller) ||
    principal.value === account ||
    principal.value === `arn:${role.arn.partition}:iam::${account}:root`
  );
}
