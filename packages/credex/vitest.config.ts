import { project } from '../../vitest.shared.js';

export default project('credex', ['src/**/*.test.ts']);
