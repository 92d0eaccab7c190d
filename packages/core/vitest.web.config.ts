import { project } from '../../vitest.shared.js';

export default project('core, web', ['src/**/*.test.ts'], true, 'web');
