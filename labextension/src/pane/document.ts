/**
 * One BokehJS document in one view.
 *
 * BokehJS refuses to draw the same document twice, so every view has its own; they are kept in step by
 * patches through the kernel. What only moves the picture stays here (`local`, models tagged "browser").
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import type { PatchContent } from './protocol.js';
import type { ThemeEntry } from './scene.js';
import { Spared } from './spared.js';
import { clearWhole } from './whole-clear.js';

/** Where the root of this name goes; null when the frame has no place for it. */
export type SlotOf = (name: string) => HTMLElement | null;

export interface DocumentOptions {
  bokeh: any;
  json: unknown;
  buffers?: ReadonlyMap<string, ArrayBuffer>;
  slot: SlotOf;
  /** Roots without a slot are stacked here. */
  rest: HTMLElement;
  theme: readonly ThemeEntry[];
  /** Called with one patch for each burst of changes that a person made. */
  forward?: (content: PatchContent, ids: string[], buffers: ArrayBuffer[]) => void;
}

/** Sizes and automatic ranges belong to a view: two views of different width would quarrel for ever. */
const OF_THE_VIEW = new Set(['inner_width', 'inner_height', 'outer_width', 'outer_height']);
/** Automatic ranges are computed by each view for itself. */
const RANGE = new Set(['start', 'end', 'bounds', 'reset_start', 'reset_end']);
/** Panning and a lasso send a stream of these; only where it ends is worth telling. */
const SETTLES = new Set([...RANGE, 'indices', 'line_indices', 'multiline_indices', 'image_indices']);
const SETTLE_MS = 120;

export class DocumentView {
  private readonly doc: any;
  private readonly places = new Map<string, HTMLElement>();
  private readonly own: HTMLElement[] = [];
  private readonly observer: ResizeObserver;
  private readonly sizes = new WeakMap<Element, string>();
  private readonly onEvent = (event: any) => this.heard(event);
  private quiet = 0;
  private soon = new Map<unknown, any>();
  private later = new Map<unknown, any>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Properties whose newest writer, as far as this view knows, was not this view. */
  private readonly foreign = new Set<string>();
  private readonly named = new Map<string, any>();
  private spared: Spared | null = null;
  private disposed = false;

  private constructor(private readonly options: DocumentOptions) {
    const { Document } = options.bokeh.require('document');
    this.doc = Document.from_json(withBuffers(options.json, options.buffers));
    this.observer = new ResizeObserver(entries => this.resized(entries));
  }

  /** Build and draw; the promise is done when everything is on screen. */
  static async draw(options: DocumentOptions): Promise<DocumentView> {
    const view = new DocumentView(options);
    try {
      await view.embed();
    } catch (error) {
      view.dispose();
      throw error;
    }
    return view;
  }

  private async embed(): Promise<void> {
    // The theme first: a figure must not flash white in a dark page.
    this.setTheme(this.options.theme);
    const elements = this.doc.roots().map((root: any, i: number) => {
      const name = root.name ?? `root-${i}`;
      const slot = this.options.slot(name);
      const place = document.createElement('div');
      place.className = 'sw-plot';
      (slot ?? this.options.rest).append(place);
      this.own.push(place);
      this.places.set(name, slot ?? place);
      return place;
    });
    await this.options.bokeh.embed.add_document_standalone(this.doc, this.options.rest, elements, false);
    if (this.disposed) {
      return;
    }
    const plots = this.doc.roots().map((root: any) => this.doc.views_manager?.get(root));
    this.spared = new Spared(this.options.bokeh, plots);
    plots.forEach(clearWhole);
    this.doc.on_change(this.onEvent);
    for (const place of this.own) {
      this.observer.observe(place);
    }
  }

  byName(name: string): any {
    // BokehJS looks through all its models, and a picture that moves asks for a few dozen of them.
    const met = this.named.get(name);
    if (met?.name === name && met.document === this.doc) {
      return met;
    }
    const found = this.doc.get_model_by_name(name);
    this.named.set(name, found);
    return found;
  }

  element(name: string): HTMLElement | null {
    return this.places.get(name) ?? null;
  }

  rootView(name: string): any {
    const root = this.doc.roots().find((model: any) => model.name === name);
    return root === undefined ? null : (this.doc.views_manager?.get(root) ?? null);
  }

  /** Run changes that stay in this browser. */
  local(change: () => void): void {
    this.quiet += 1;
    try {
      change();
    } finally {
      this.quiet -= 1;
    }
  }

  /** Colours that differ between the themes; they are nobody's business but this view's. */
  setTheme(entries: readonly ThemeEntry[]): void {
    const byModel = new Map<string, Record<string, unknown>>();
    for (const [id, property, value] of entries) {
      const values = byModel.get(id) ?? {};
      values[property] = value;
      byModel.set(id, values);
    }
    this.spared?.restyled();
    this.local(() => {
      for (const [id, values] of byModel) {
        this.doc.get_model_by_id(id)?.setv(values);
      }
    });
  }

  /** A change that the kernel tells of; `own` when this view caused it. */
  apply(content: PatchContent, buffers: ReadonlyMap<string, ArrayBuffer>, own: boolean): void {
    let events = content.events;
    if (own) {
      // Our own change comes back. It is news only where another writer came between: then the kernel's
      // order decides, and every view ends with the same value.
      events = events.filter(event => this.foreign.has(keyOfJson(event)));
      if (events.length === 0) {
        return;
      }
    } else {
      events.forEach(event => this.foreign.add(keyOfJson(event)));
    }
    this.local(() => this.doc.apply_json_patch({ events }, new Map(buffers)));
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.spared?.dispose();
    this.observer.disconnect();
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.soon.clear();
    this.later.clear();
    this.doc.remove_on_change(this.onEvent);
    this.local(() => this.doc.clear({ sync: false }));
    const { documents } = this.options.bokeh;
    const at = documents?.indexOf(this.doc) ?? -1;
    if (at >= 0) {
      documents.splice(at, 1);
    }
    this.own.forEach(place => place.remove());
    this.places.clear();
    this.named.clear();
  }

  /** Send at once what waits for a hand to come to rest. */
  flush(): void {
    for (const [key, event] of this.later) {
      this.soon.set(key, event);
    }
    this.later.clear();
    this.send();
  }

  private heard(event: any): void {
    if (this.quiet > 0 || this.options.forward === undefined || event.sync === false || !travels(event)) {
      return;
    }
    const key = event.kind === 'ModelChanged' ? `${event.model.id}.${event.attr}` : event;
    if (typeof key === 'string') {
      this.foreign.delete(key);
    }
    if (event.kind === 'ModelChanged' && SETTLES.has(event.attr)) {
      this.later.set(key, event);
      if (this.timer !== null) {
        clearTimeout(this.timer);
      }
      this.timer = setTimeout(() => this.flush(), SETTLE_MS);
      return;
    }
    if (this.soon.size === 0) {
      queueMicrotask(() => this.send());
    }
    // Deleting first keeps the order of the newest change.
    this.soon.delete(key);
    this.soon.set(key, event);
  }

  private send(): void {
    if (this.disposed || this.soon.size === 0) {
      return;
    }
    const events = [...this.soon.values()];
    this.soon.clear();
    const ids: string[] = [];
    const buffers: ArrayBuffer[] = [];
    const content = takeBuffers(this.doc.create_json_patch(events), ids, buffers) as PatchContent;
    this.options.forward?.(content, ids, buffers);
  }

  /** BokehJS watches its own elements; it misses a slot that had no size when the figure was drawn. */
  private resized(entries: ResizeObserverEntry[]): void {
    for (const { target, contentRect } of entries) {
      const size = `${Math.round(contentRect.width)}x${Math.round(contentRect.height)}`;
      const before = this.sizes.get(target);
      this.sizes.set(target, size);
      if (contentRect.width > 0 && before !== undefined && before !== size) {
        const root = this.doc.roots()[this.own.indexOf(target as HTMLElement)];
        this.doc.views_manager?.get(root)?.resize_layout?.();
      }
    }
  }
}

function travels(event: any): boolean {
  switch (event.kind) {
    case 'ModelChanged': {
      const { model, attr } = event;
      const automatic = model.type === 'DataRange1d' && RANGE.has(attr);
      return !OF_THE_VIEW.has(attr) && !automatic && !ownedByBrowser(model);
    }
    case 'MessageSent':
      // Clicks and taps that somebody in the kernel subscribed to; BokehJS sends no others of a model.
      return event.msg_type === 'bokeh_event' && event.msg_data?.origin != null;
    case 'ColumnDataChanged':
    case 'ColumnsStreamed':
    case 'ColumnsPatched':
      return !ownedByBrowser(event.model);
    default:
      return false;
  }
}

function ownedByBrowser(model: any): boolean {
  return Array.isArray(model.tags) && model.tags.includes('browser');
}

function keyOfJson(event: any): string {
  return `${event?.model?.id ?? '?'}.${event?.attr ?? '?'}`;
}

/** Replace references to binary buffers by the buffers, in place of base64 text. */
function withBuffers(json: unknown, buffers: ReadonlyMap<string, ArrayBuffer> | undefined): unknown {
  if (Array.isArray(json)) {
    return json.map(item => withBuffers(item, buffers));
  }
  if (json !== null && typeof json === 'object' && Object.getPrototypeOf(json) === Object.prototype) {
    const record = json as Record<string, any>;
    if (record.type === 'bytes' && typeof record.data?.id === 'string') {
      return { type: 'bytes', data: { buffer: buffers?.get(record.data.id) } };
    }
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, withBuffers(value, buffers)]));
  }
  return json;
}

/** Turn BokehJS's binary parts into references, collecting the buffers beside. */
function takeBuffers(value: any, ids: string[], buffers: ArrayBuffer[]): unknown {
  if (Array.isArray(value)) {
    return value.map(item => takeBuffers(item, ids, buffers));
  }
  if (value !== null && typeof value === 'object') {
    if (value.buffer instanceof ArrayBuffer) {
      const id = `b${ids.length}`;
      ids.push(id);
      buffers.push(value.buffer);
      return { id };
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, takeBuffers(item, ids, buffers)]));
  }
  return value;
}
