import { project } from '../../vitest.shared.js';

export default project('azure', ['src/**/*.test.ts']);
