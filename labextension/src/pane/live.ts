/** A screen with a kernel behind it: the browser's half of the protocol. */

import { bokehjs, presentVersion } from './bokehjs.js';
import {
  bufferMap,
  isDrawing,
  newViewId,
  PROTOCOL,
  RevisionQueue,
  withoutState,
  type Buffers,
  type Drawing,
  type FromKernel,
  type Host
} from './protocol.js';
import { Screen } from './screen.js';
import type { Value, Values } from './store.js';
import { currentTheme } from './theme.js';

/** After this long without an answer the reader is told so; a late answer is still taken. */
const PATIENCE_MS = 5000;

const NO_ANSWER =
  'The kernel has not answered yet. It may be busy; the figure appears when it answers. ' +
  'If scalewidgets was just updated, restart the kernel and reload the page.';
const NO_KERNEL =
  'There is no kernel behind this figure any more. What moves in the browser still moves; run the cell again to fit.';

interface Pending {
  /** Name of a request that nobody waits for; null for one that a person made. */
  background: string | null;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export interface LiveOptions {
  host: Host;
  /** Version of this extension, for the handshake. */
  version: string;
  /** Something is on screen for the first time. */
  drawn?(): void;
  /** A sentence to show where there is no screen yet. */
  said?(sentence: string | null): void;
  /** The kernel made another screen, which is to stand below this one. */
  opened?(model: string): void;
}

export class LiveScreen {
  readonly id = newViewId();
  screen: Screen | null = null;
  private readonly message = document.createElement('p');
  private readonly queue: RevisionQueue;
  private readonly pending = new Map<string, Pending>();
  private readonly stops: (() => void)[];
  private readonly waitingForBokeh: { resolve(source: ArrayBuffer): void; reject(error: Error): void }[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private asked = 0;
  private newest: string | null = null;
  /** Keys of the state whose newest writer, as far as this view knows, was not this view. */
  private readonly foreign = new Set<string>();
  /** What came while a hand was on a control: obeyed once it lets go. */
  private readonly held: { message: Drawing; buffers: Buffers }[] = [];
  private disposed = false;
  private turn = 0;

  constructor(
    private readonly el: HTMLElement,
    private readonly options: LiveOptions
  ) {
    this.message.className = 'sw-message';
    this.message.setAttribute('role', 'status');
    this.message.hidden = true;
    el.append(this.message);
    this.queue = new RevisionQueue((message, buffers) => this.obey(message, buffers));
    this.stops = [
      options.host.on((message, buffers) => this.receive(message, buffers)),
      options.host.onLive(live => this.liveChanged(live))
    ];
    this.askForDocument();
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    // Says what still waits for a hand to come to rest.
    this.screen?.dispose();
    this.tell({ type: 'close', view: this.id });
    this.disposed = true;
    this.clearTimer();
    this.stops.forEach(stop => stop());
    this.waitingForBokeh.forEach(waiting => waiting.reject(new Error('The view was closed.')));
    this.pending.forEach(({ reject }) => reject(new Error('The view was closed.')));
    this.pending.clear();
    this.message.remove();
  }

  private askForDocument(): void {
    if (this.options.host.live) {
      this.queue.close();
    }
    if (!this.tell({ type: 'need-doc', view: this.id, protocol: PROTOCOL, version: this.options.version })) {
      this.quietly(NO_KERNEL);
      this.options.said?.(NO_KERNEL);
      return;
    }
    this.tell({ type: 'theme', view: this.id, theme: currentTheme() });
    this.clearTimer();
    this.timer = setTimeout(() => this.say(NO_ANSWER), PATIENCE_MS);
  }

  private clearTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private say(sentence: string | null): void {
    if (this.screen) {
      this.screen.notice(sentence);
    } else {
      this.message.textContent = sentence ?? '';
      this.message.hidden = sentence === null;
      this.message.dataset.quiet = 'false';
      this.options.said?.(sentence);
    }
  }

  /** A kernel that is gone is no error: the figure stays, and so does what moves in it. */
  private quietly(sentence: string | null): void {
    this.message.textContent = sentence ?? '';
    this.message.hidden = sentence === null;
    this.message.dataset.quiet = 'true';
  }

  private receive(message: FromKernel, buffers: Buffers): void {
    if ('view' in message && message.view !== this.id) {
      return;
    }
    if (isDrawing(message) && this.screen?.store.inHand) {
      this.held.push({ message, buffers });
      return;
    }
    switch (message.type) {
      case 'doc':
        this.clearTimer();
        void this.show(message, buffers);
        break;
      case 'bokehjs':
        this.waitingForBokeh.splice(0).forEach(waiting => waiting.resolve(buffers[0]));
        break;
      case 'patch':
      case 'sketch':
      case 'scene':
        this.queue.push(message, buffers);
        break;
      case 'state':
        this.stateTold(message.state, message.origin === this.id);
        break;
      case 'progress':
        this.progressed(message);
        break;
      case 'reply':
        this.replied(message);
        break;
      case 'incompatible':
        this.clearTimer();
        this.say(message.message);
        break;
    }
  }

  /** What the hand moved is newer than what the kernel said meanwhile, and on its way there. */
  private letGo(moved: ReadonlySet<string>): void {
    for (const { message, buffers } of this.held.splice(0)) {
      this.receive(withoutState(message, moved), buffers);
    }
  }

  /** As with patches: our own change is news only where another writer came between. */
  private stateTold(state: Values, own: boolean): void {
    if (!own) {
      Object.keys(state).forEach(key => this.foreign.add(key));
      this.screen?.store.set(state, 'kernel');
      return;
    }
    const overtaken = Object.entries(state).filter(([key]) => this.foreign.has(key));
    if (overtaken.length > 0) {
      this.screen?.store.set(Object.fromEntries(overtaken), 'kernel');
    }
  }

  private async show(message: Extract<FromKernel, { type: 'doc' }>, buffers: Buffers): Promise<void> {
    const turn = ++this.turn;
    const { scene, revision } = message;
    this.queue.close();
    try {
      const bokeh = await bokehjs(scene.bokeh, () => this.fetchBokeh());
      if (this.disposed || turn !== this.turn) {
        return;
      }
      const first = this.screen === null;
      if (this.screen === null) {
        this.say(null);
        this.screen = new Screen(this.el, scene, {
          actions: {
            ask: (action, args) => this.ask(action, args),
            background: (action, args) => this.ask(action, args, true),
            cancel: () => this.cancel(),
            live: () => this.options.host.live
          },
          committed: state => {
            Object.keys(state).forEach(key => this.foreign.delete(key));
            this.tell({ type: 'state', view: this.id, state });
          },
          patched: (content, buffer_ids, columns) =>
            this.tell({ type: 'patch', view: this.id, content, buffer_ids }, columns),
          themed: theme => this.tell({ type: 'theme', view: this.id, theme })
        });
        this.screen.liveChanged(this.options.host.live);
        this.screen.store.onFree(moved => this.letGo(moved));
      }
      await this.screen.show(bokeh, scene, bufferMap(message.buffer_ids, buffers));
      if (this.disposed || turn !== this.turn) {
        return;
      }
      this.queue.open(revision);
      if (first) {
        this.options.drawn?.();
      }
    } catch (error) {
      if (!this.disposed) {
        this.say(sentenceOf(error));
      }
    }
  }

  private obey(message: Parameters<RevisionQueue['push']>[0], buffers: Buffers): void {
    const screen = this.screen;
    if (screen === null) {
      return;
    }
    if (message.type === 'scene') {
      screen.update(message.scene);
      return;
    }
    try {
      const named = bufferMap(message.buffer_ids, buffers);
      if (message.type === 'sketch') {
        screen.sketch(message.parts, message.content, named);
      } else {
        screen.patch(message.content, named, message.origin === this.id);
      }
    } catch (error) {
      // This view has lost the thread (a model it never heard of): take the whole document again.
      console.warn(`scalewidgets: ${sentenceOf(error)} The figure is drawn afresh.`);
      this.askForDocument();
    }
  }

  private fetchBokeh(): Promise<ArrayBuffer> {
    return new Promise((resolve, reject) => {
      this.waitingForBokeh.push({ resolve, reject });
      this.tell({ type: 'need-bokehjs', view: this.id, have: presentVersion() });
    });
  }

  /** Whether the message is on its way: with a notebook's tab its connection is closed before its figures. */
  private tell(message: Parameters<Host['send']>[0], buffers?: ArrayBuffer[]): boolean {
    if (!this.options.host.live || this.disposed) {
      return false;
    }
    try {
      this.options.host.send(message, buffers);
    } catch {
      return false;
    }
    return true;
  }

  private ask(action: string, args: Record<string, Value>, background = false): Promise<unknown> {
    const id = `${this.id}:${++this.asked}`;
    return new Promise((resolve, reject) => {
      if (!this.tell({ type: 'ask', view: this.id, id, action, args })) {
        reject(new Error(NO_KERNEL));
        return;
      }
      this.pending.set(id, { resolve, reject, background: background ? action : null });
      if (!background) {
        this.newest = id;
        this.screen?.working({ done: 0, total: 0, label: '' });
      }
    });
  }

  private progressed({ id, done, total, label }: Extract<FromKernel, { type: 'progress' }>): void {
    const waiting = this.pending.get(id);
    if (waiting?.background != null) {
      this.screen?.store.set({ [`asked.${waiting.background}`]: label }, 'behaviour');
    } else if (waiting) {
      this.screen?.working({ done, total, label });
    }
  }

  private cancel(): void {
    if (this.newest !== null) {
      this.tell({ type: 'cancel', view: this.id, id: this.newest });
    }
  }

  private replied(message: Extract<FromKernel, { type: 'reply' }>): void {
    const waiting = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (waiting?.background == null && [...this.pending.values()].every(other => other.background !== null)) {
      this.screen?.working(null);
    }
    if (message.ok || message.cancelled) {
      const made = (message.result as { open?: unknown } | null | undefined)?.open;
      if (waiting && typeof made === 'string') {
        this.options.opened?.(made);
      }
      waiting?.resolve(message.result ?? null);
    } else {
      waiting?.reject(new Error(message.error ?? 'The kernel could not do this.'));
    }
  }

  private liveChanged(live: boolean): void {
    if (!live) {
      this.pending.forEach(({ reject }) => reject(new Error(NO_KERNEL)));
      this.pending.clear();
      this.screen?.working(null);
      this.screen?.liveChanged(false);
      this.quietly(NO_KERNEL);
    } else {
      this.screen?.liveChanged(true);
      this.quietly(null);
      this.askForDocument();
    }
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
