import { project } from '../../vitest.shared.js';

export default project('verify', ['src/**/*.test.ts']);
