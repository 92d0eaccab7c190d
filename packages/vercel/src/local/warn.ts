/** Publishes warnings as events of credex. */

import type { OnEvent } from '@credex/core';
import { DIAGNOSTICS_CHANNEL } from '@credex/core/driver';
import type { Node } from './node.js';

export type Warn = (message: string) => void;

export function warner({ diagnostics }: Node, onEvent: OnEvent | undefined): Warn {
  return (message) => {
    const event = { type: 'warning', provider: 'vercel', message } as const;
    diagnostics.channel(DIAGNOSTICS_CHANNEL).publish(event);
    try {
      onEvent?.(event);
    } catch {
      // Ignored, as OnEvent's docstring says: a listener's error must not fail the caller.
    }
  };
}
