// For development servers: `next dev --webpack` asks npm's registry for its newest version before it compiles, and waits for the
// response, however long that takes. It does without where the name does not resolve.
'use strict';
const dns = require('node:dns');
const { lookup } = dns;

dns.lookup = (name, ...rest) => {
  if (name !== 'registry.npmjs.org') return lookup(name, ...rest);
  const error = Object.assign(new Error(`${name} is not asked in tests.`), { code: 'ENOTFOUND' });
  process.nextTick(rest.at(-1), error);
  return undefined;
};
