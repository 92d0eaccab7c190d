import { project } from '../../vitest.shared.js';

export default project('config', ['src/**/*.test.ts']);
