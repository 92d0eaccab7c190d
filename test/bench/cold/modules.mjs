// Registered before a subject: writes the address of each module it loads to standard error.
import { register } from 'node:module';

const HOOKS = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(2, 'module ' + url + '\\n');
    return next(url, context);
  }
`;
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);
