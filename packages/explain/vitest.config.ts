import { project } from '../../vitest.shared.js';

export default project('explain', ['src/**/*.test.ts']);
