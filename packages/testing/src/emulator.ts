export type { EmulatorClock, ServiceName } from './emulator/service.js';
