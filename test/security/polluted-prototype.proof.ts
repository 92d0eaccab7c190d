/** The tests of a polluted `Object.prototype`, with all values for each name. */

import { tryAllValues } from './polluted.js';

tryAllValues();
await import('./polluted-prototype.test.js');
