/** The clouds of a configuration, one line each. A name here is a value of `provider`. */

export { aws } from './aws.js';
export { azure } from './azure.js';
export { gcp } from './gcp.js';
