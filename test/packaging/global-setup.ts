import { ensurePacked } from '../../scripts/pack.mjs';

/** Builds and packs what changed since the last run. */
export const setup = (): Promise<void> => ensurePacked();
