/** The exchanges of our own, as exchangers that a provider takes: no entry of a package names them. */

export { directExchanger as directAws } from '../../packages/aws/src/direct-exchange.js';
export { directExchanger as directAzure } from '../../packages/azure/src/direct-exchange.js';
export { directExchanger as directGcp } from '../../packages/gcp/src/direct-exchange.js';
