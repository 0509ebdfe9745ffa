/**
 * One screen in one view: the frame, the drawn document and its behaviours, wrapped for every reader.
 *
 * A screen knows no kernel. Whoever carries it (a live connection, a notebook file, a stand-alone page)
 * gives it scenes and patches and hears what a person did.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { startBehaviour, type Behaviour } from '../behaviours/index.js';
import { buildFrame, type Actions, type Frame } from '../frame/index.js';
import { unpackArrays } from './arrays.js';
import { DocumentView } from './document.js';
import { TableToggle } from './table.js';
import type { PatchContent, Parts } from './protocol.js';
import type { Scene } from './scene.js';
import { Store, type Value, type Values } from './store.js';
import { currentTheme, watchTheme } from './theme.js';

export interface Carrier {
  actions: Actions;
  /** A person let go of a control. */
  committed?(values: Values): void;
  /** A person changed the document (a selection, a range). */
  patched?(content: PatchContent, ids: string[], buffers: ArrayBuffer[]): void;
  themed?(theme: 'light' | 'dark'): void;
}

export class Screen {
  readonly el: HTMLElement;
  readonly store: Store;
  private readonly said: HTMLElement;
  private readonly rest: HTMLElement;
  private readonly board = div('sw-board');
  private frame: Frame;
  private readonly table: TableToggle;
  private readonly stops: (() => void)[] = [];
  private view: DocumentView | null = null;
  private behaviours: Behaviour[] = [];
  private drawing = 0;
  private disposed = false;

  constructor(
    host: HTMLElement,
    private parts: Parts,
    private readonly carrier: Carrier
  ) {
    this.store = new Store(parts.state);
    this.el = div('sw-root sw-screen');
    this.el.setAttribute('role', 'figure');
    // Read out after each refit, and only then: the text changes when the kernel sends a new summary.
    this.said = document.createElement('p');
    this.said.className = 'sw-summary';
    this.said.setAttribute('aria-live', 'polite');
    this.rest = div('sw-rest');
    this.table = new TableToggle(parts.table);
    this.el.append(this.said, this.table.button);
    this.el.append(this.board, this.rest, this.table.el);
    host.append(this.el);
    this.frame = this.buildFrame();
    this.describe();
    this.applyTheme();
    this.stops.push(
      watchTheme(theme => {
        this.applyTheme();
        carrier.themed?.(theme);
      }),
      this.store.onCommit(values => carrier.committed?.(values))
    );
  }

  /** Draw the scene's document in place of the present one. */
  async show(bokeh: any, scene: Scene, buffers?: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    const turn = ++this.drawing;
    this.stopBehaviours();
    this.view?.dispose();
    this.view = null;
    const moved = placesOf(this.parts) !== placesOf(scene);
    this.parts = scene;
    if (moved) {
      this.frame.dispose();
      this.frame = this.buildFrame();
    } else {
      this.frame.update(scene);
    }
    this.store.set(scene.state, 'kernel');
    const view = await DocumentView.draw({
      bokeh,
      json: scene.document,
      buffers,
      slot: name => this.frame.slot(name),
      rest: this.rest,
      theme: scene.themes[currentTheme()] ?? [],
      forward: this.carrier.patched?.bind(this.carrier)
    });
    if (this.disposed || turn !== this.drawing) {
      view.dispose();
      return;
    }
    this.view = view;
    this.describe();
    this.applyTheme();
    this.startBehaviours();
  }

  /** A change of the document that others made (or, with `own`, that came back). */
  patch(content: PatchContent, buffers: ReadonlyMap<string, ArrayBuffer>, own: boolean): void {
    this.view?.apply(content, buffers, own);
  }

  /** New words and numbers around the same document. */
  update(parts: Parts): void {
    this.parts = parts;
    this.stopBehaviours();
    this.frame.update(parts);
    this.store.set(withoutKept(parts), 'kernel');
    this.describe();
    this.applyTheme();
    if (this.view) {
      this.startBehaviours();
    }
  }

  working(progress: { done: number; total: number; label: string } | null): void {
    this.frame.working(progress);
  }

  liveChanged(live: boolean): void {
    this.frame.liveChanged(live);
  }

  notice(sentence: string | null): void {
    this.frame.notice(sentence);
  }

  /** The Bokeh model of this name, for tests and hosts. */
  model(name: string): any {
    return this.view?.byName(name) ?? null;
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.view?.flush();
    this.disposed = true;
    this.stops.forEach(stop => stop());
    this.stopBehaviours();
    this.view?.dispose();
    this.view = null;
    this.frame.dispose();
    this.store.dispose();
    this.el.remove();
  }

  private buildFrame(): Frame {
    const table = { label: 'Show as a table', run: () => this.table.toggle() };
    return buildFrame(this.board, this.parts, this.store, this.carrier.actions, [table]);
  }

  private describe(): void {
    const { frame, summary, table, kind } = this.parts;
    const label = typeof frame.label === 'string' ? frame.label : kind;
    this.el.setAttribute('aria-label', label);
    if (this.said.textContent !== summary) {
      this.said.textContent = summary;
    }
    this.table.update(table, label);
  }

  private applyTheme(): void {
    const theme = currentTheme();
    this.el.dataset.theme = theme;
    this.frame.setTheme(theme);
    this.view?.setTheme(this.parts.themes[theme] ?? []);
  }

  private startBehaviours(): void {
    const view = this.view;
    if (view === null) {
      return;
    }
    try {
      const { actions } = this.carrier;
      const context = {
        store: this.store,
        view,
        arrays: unpackArrays(this.parts.arrays),
        ask: (action: string, args: Record<string, Value>) => {
          this.notice(null);
          actions.ask(action, args).catch((error: unknown) => {
            this.notice(error instanceof Error ? error.message : String(error));
          });
        },
        background: (action: string, args: Record<string, Value>) => {
          actions.background?.(action, args).catch((error: unknown) => {
            this.notice(error instanceof Error ? error.message : String(error));
          });
        },
        live: () => actions.live()
      };
      for (const { name, options } of this.parts.behaviours) {
        this.behaviours.push(startBehaviour(name, options, context));
      }
    } catch (error) {
      this.notice(error instanceof Error ? error.message : String(error));
    }
  }

  private stopBehaviours(): void {
    this.behaviours.forEach(behaviour => behaviour.dispose());
    this.behaviours = [];
  }
}

/** Which figures the frame has places for: a frame with other places is built anew. */
function placesOf(parts: Parts): string {
  const { figures } = parts.frame;
  return JSON.stringify(Array.isArray(figures) ? figures.map((f: any) => [f?.root, f?.place, f?.height]) : []);
}

/** The state of new parts, but for what a person may be moving right now: figures that only fill in leave it. */
function withoutKept({ frame, state }: Parts): Values {
  const kept = Array.isArray(frame.keeps) ? frame.keeps.map(String) : [];
  return Object.fromEntries(Object.entries(state).filter(([key]) => !kept.some(prefix => key.startsWith(prefix))));
}

function div(className: string): HTMLElement {
  const el = document.createElement('div');
  el.className = className;
  return el;
}
