import { project } from '../vitest.shared.js';

// packaging/ is a project of its own: it reads what is packed. hosts/ holds fixtures, which `npm run hosts` runs.
export default project('test', ['!(packaging|hosts)/**/*.test.ts']);
