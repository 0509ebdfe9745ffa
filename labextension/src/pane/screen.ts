/**
 * One screen in one view: the frame, the drawn document and its behaviours, wrapped for every reader.
 *
 * A screen knows no kernel. Whoever carries it (a live connection, a notebook file, a stand-alone page)
 * gives it scenes and patches and hears what a person did.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { startBehaviour, type Behaviour, type Context } from '../behaviours/index.js';
import { buildFrame, type Actions, type Frame } from '../frame/index.js';
import { unpackArrays } from './arrays.js';
import { DocumentView } from './document.js';
import { TableToggle } from './table.js';
import type { PatchContent, Parts, SketchParts } from './protocol.js';
import type { BehaviourSpec, Scene } from './scene.js';
import { Store, type Values } from './store.js';
import { currentTheme, watchTheme } from './theme.js';

export interface Carrier {
  actions: Actions;
  /** A person let go of a control. */
  committed?(values: Values): void;
  /** A person changed the document (a selection, a range). */
  patched?(content: PatchContent, ids: string[], buffers: ArrayBuffer[]): void;
  themed?(theme: 'light' | 'dark'): void;
}

interface Started {
  name: string;
  running: Behaviour;
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
  private behaviours: Started[] = [];
  private arrays: Record<string, Float64Array> = {};
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
      this.followHand(),
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

  /** What a refit changes first: columns, some words and the coefficients, drawn in one frame. */
  sketch(parts: SketchParts, content: PatchContent, buffers: ReadonlyMap<string, ArrayBuffer>): void {
    const fresh = new Map(parts.behaviours.map(spec => [spec.name, spec]));
    this.parts = {
      ...this.parts,
      frame: { ...this.parts.frame, ...parts.frame },
      behaviours: this.parts.behaviours.map(spec => fresh.get(spec.name) ?? spec),
      summary: parts.summary || this.parts.summary
    };
    for (const [name, { id }] of Object.entries(parts.arrays)) {
      const data = buffers.get(id);
      if (data) {
        this.arrays[name] = new Float64Array(data);
      }
    }
    this.view?.apply(content, buffers, false);
    // Words are printed once: those of the state, those that follow from the coefficients, and new ones.
    this.store.together('kernel', () => {
      this.store.set(parts.state, 'kernel');
      this.behaviours = this.behaviours.map(behaviour => this.renewed(behaviour, fresh.get(behaviour.name)));
      this.frame.touch(parts.frame);
    });
    this.describe();
  }

  private renewed(behaviour: Started, spec: BehaviourSpec | undefined): Started {
    const context = spec && this.context();
    if (!spec || !context) {
      return behaviour;
    }
    if (behaviour.running.renew) {
      behaviour.running.renew(spec.options, this.arrays);
      return behaviour;
    }
    behaviour.running.dispose();
    return { name: spec.name, running: startBehaviour(spec.name, spec.options, context) };
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

  /** Whatever is pressed, drawn or dragged in the screen: a lasso, a pan, a button that must not be replaced. */
  private followHand(): () => void {
    const grip = (event: PointerEvent) => {
      // The menu of a choice, like that of the right button, takes the end of the gesture for itself.
      if (event.button === 0 && !(event.target as Element).closest('select')) {
        this.store.grip();
      }
    };
    // Later than what the gesture itself brings about: a `change`, a click, a selection.
    const letGo = () => setTimeout(() => this.store.letGo());
    const released = (event: PointerEvent) => {
      if (event.buttons === 0 && this.store.inHand) {
        letGo();
      }
    };
    const ends = ['pointerup', 'pointercancel', 'blur'];
    this.el.addEventListener('pointerdown', grip, true);
    ends.forEach(end => window.addEventListener(end, letGo));
    window.addEventListener('pointermove', released);
    return () => {
      this.el.removeEventListener('pointerdown', grip, true);
      ends.forEach(end => window.removeEventListener(end, letGo));
      window.removeEventListener('pointermove', released);
    };
  }

  private startBehaviours(): void {
    try {
      this.arrays = unpackArrays(this.parts.arrays);
      const context = this.context();
      if (context === null) {
        return;
      }
      for (const { name, options } of this.parts.behaviours) {
        this.behaviours.push({ name, running: startBehaviour(name, options, context) });
      }
    } catch (error) {
      this.notice(error instanceof Error ? error.message : String(error));
    }
  }

  /** What behaviours may use; null before anything is drawn. */
  private context(): Context | null {
    const { view } = this;
    if (view === null) {
      return null;
    }
    const { actions } = this.carrier;
    const complain = (error: unknown) => this.notice(error instanceof Error ? error.message : String(error));
    return {
      store: this.store,
      view,
      arrays: this.arrays,
      ask: async (action, args) => {
        this.notice(null);
        await actions.ask(action, args).catch(complain);
      },
      background: (action, args) => {
        actions.background?.(action, args).catch(complain);
      },
      live: () => actions.live()
    };
  }

  private stopBehaviours(): void {
    this.behaviours.forEach(({ running }) => running.dispose());
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
