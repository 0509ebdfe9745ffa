/** The frame around every screen. */

import type { Scene, Theme } from '../pane/scene.js';
import type { Store, Value } from '../pane/store.js';

/** What a frame may ask of whoever carries it. */
export interface Actions {
  /** Ask the kernel; resolves with its answer, rejects with a sentence. */
  ask(action: string, args: Record<string, Value>): Promise<unknown>;
  cancel(): void;
  /** Is there a kernel to ask? */
  live(): boolean;
  /** The still picture of what is on screen, for export without a kernel. */
  still?(): string | null;
}

export interface Frame {
  /** Where the Bokeh root of this name is drawn; null when the frame has no place for it. */
  slot(name: string): HTMLElement | null;
  update(scene: Omit<Scene, 'document'>): void;
  /** A kernel came, went or is working: `label` in words, `done`/`total` for the progress line. */
  working(progress: { done: number; total: number; label: string } | null): void;
  liveChanged(live: boolean): void;
  /** A problem in one sentence; null takes it away. */
  notice(sentence: string | null): void;
  setTheme(theme: Theme): void;
  dispose(): void;
}

export function buildFrame(el: HTMLElement, _scene: Omit<Scene, 'document'>, _store: Store, _actions: Actions): Frame {
  const root = document.createElement('div');
  root.className = 'sw-frame';
  el.appendChild(root);
  return {
    slot: () => null,
    update: () => undefined,
    working: () => undefined,
    liveChanged: () => undefined,
    notice: () => undefined,
    setTheme: theme => {
      root.dataset.theme = theme;
    },
    dispose: () => root.remove()
  };
}
