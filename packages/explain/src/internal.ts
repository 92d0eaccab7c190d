/** For the packages of this repository alone. Changes without notice. */
export { teamOfIssuer } from './differences.js';
export { problemsOf as credentialProblems, readCredentials } from './azure/credentials.js';
export type { FederatedCredential as ReadCredential } from './azure/credentials.js';
export { answerOf as entraAnswer, judgeAzure } from './azure/judge-azure.js';
export { CelLimitError, withCelBudget } from './gcp/bounded-cel.js';
export { compileProvider } from './gcp/identity.js';
export { judgeGcp } from './gcp/judge-gcp.js';
export { isPoolMember, memberNames } from './gcp/members.js';
export { audiencesOf, problemsOf as providerProblems, readPoolProvider } from './gcp/pool-provider.js';
export { isObject, member } from './json.js';
export { MAX_POLICY_LENGTH } from './read-policy.js';
