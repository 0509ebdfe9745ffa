/** What a control does in the browser: a document names behaviours and carries their data, never code. */

import type { Store } from '../pane/store.js';

/** The part of a drawn document that behaviours may use. */
export interface View {
  /** The Bokeh model of this (unique) name, or null. */
  byName(name: string): any;
  /** Run changes that stay in the browser: they are never forwarded to the kernel. */
  local(change: () => void): void;
  /** The Bokeh view of the root of this name (for scales and pointer positions), or null. */
  rootView(name: string): any;
  /** The element into which the root of this name is drawn. */
  element(name: string): HTMLElement | null;
}

export interface Context {
  store: Store;
  view: View;
  arrays: Readonly<Record<string, Float64Array>>;
}

export interface Behaviour {
  dispose(): void;
}

export type Start = (options: Record<string, unknown>, context: Context) => Behaviour;

const registry = new Map<string, Start>();

/** Start the behaviour of this name; an unknown name is an error in words, shown to the reader. */
export function startBehaviour(name: string, options: Record<string, unknown>, context: Context): Behaviour {
  const start = registry.get(name);
  if (start === undefined) {
    throw new Error(`This figure asks for "${name}", which this version of scalewidgets does not know. Update scalewidgets.`);
  }
  return start(options, context);
}

export function register(name: string, start: Start): void {
  registry.set(name, start);
}
