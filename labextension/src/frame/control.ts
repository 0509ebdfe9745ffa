/** What a control of the side column is, and what happens when a person lets go of one. */

import type { Store } from '../pane/store.js';
import type { Ask } from './types.js';

export interface Control {
  el: HTMLElement;
  /** Called after every change of the store that touches `keys` (or anything, when null). */
  refresh(): void;
  keys: readonly string[] | null;
  liveChanged(live: boolean): void;
}

export interface ControlHost {
  store: Store;
  run(asked: Ask): void;
  /** Bring a figure into view. */
  show?(root: string): void;
}

/** What happens when a person lets go: the picture has moved already, or the kernel is asked to change. */
export function settler(key: string, where: 'browser' | 'kernel', host: ControlHost): () => void {
  return () => {
    if (where === 'browser') {
      host.store.commit([key]);
    } else {
      host.run({ label: '', ask: 'change', args: { [key]: host.store.get(key) } });
    }
  };
}
