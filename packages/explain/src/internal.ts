/** For the packages of this repository alone. Changes without notice. */
export { teamOfIssuer } from './differences.js';
export { decide } from './aws/evaluate.js';
export type { Decision } from './aws/evaluate.js';
export { missingControls } from './aws/identity-provider-controls.js';
export { isWebIdentity } from './aws/judge-aws.js';
export { readPolicyDocument } from './aws/policy-document.js';
export type { Policy } from './aws/policy-document.js';
export type { PolicyKind, Principal } from './aws/policy-elements.js';
export {
  audiencesOf as webIdentityAudiences,
  knownKeys,
  providerArn,
  requestKeys,
} from './aws/request-keys.js';
export type { Lookup } from './aws/request-keys.js';
export { problemsOf as credentialProblems, readCredentials } from './azure/credentials.js';
export type { FederatedCredential as ReadCredential } from './azure/credentials.js';
export { answerOf as entraAnswer, judgeAzure } from './azure/judge-azure.js';
export { CelLimitError, withCelBudget } from './gcp/bounded-cel.js';
export { compileProvider } from './gcp/identity.js';
export { judgeGcp } from './gcp/judge-gcp.js';
export { isPoolMember, memberNames } from './gcp/members.js';
export { audiencesOf, problemsOf as providerProblems, readPoolProvider } from './gcp/pool-provider.js';
export { isObject, member, textsOf } from './json.js';
export { MAX_POLICY_LENGTH } from './read-policy.js';
