import { project } from '../../vitest.shared.js';

export default project('aws', ['src/**/*.test.ts']);
