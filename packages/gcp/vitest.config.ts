import { project } from '../../vitest.shared.js';

export default project('gcp', ['src/**/*.test.ts']);
