import { project } from '../../vitest.shared.js';

export default project('vercel', ['src/**/*.test.ts']);
