/** The clouds that credex can use, one line each. The names are those of the clouds of `@credex/config`. */

export { aws } from './aws.js';
export { azure } from './azure.js';
export { gcp } from './gcp.js';
