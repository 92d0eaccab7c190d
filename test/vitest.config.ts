import { project } from '../vitest.shared.js';

// packaging/ is a project of its own: it reads what is packed.
export default project('test', ['!(packaging)/**/*.test.ts']);
