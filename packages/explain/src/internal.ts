/** For the packages of this repository alone. Changes without notice. */
export { teamOfIssuer } from './differences.js';
export { isObject, member } from './json.js';
export { MAX_POLICY_LENGTH } from './read-policy.js';
