/**
 * The messages between a kernel and the views of one figure, and the order in which they are obeyed.
 *
 * Every message is one custom message of the widget; array columns travel as its binary buffers.
 * Many views share one connection: what is meant for one view carries its id, what is meant for all
 * carries the id of the view that caused it (`origin`), and that view leaves it aside.
 */

import type { BehaviourSpec, Scene } from './scene.js';
import type { Value, Values } from './store.js';

export const PROTOCOL = 1;

export type Parts = Omit<Scene, 'document'>;

/** What a refit changes first; arrays are references to the buffers of the message. */
export interface SketchParts {
  frame: Record<string, unknown>;
  state: Values;
  behaviours: BehaviourSpec[];
  arrays: Record<string, { id: string }>;
  summary: string;
}

/** A Bokeh document patch: `content` refers to the buffers by `buffer_ids`, in order. */
export interface PatchContent {
  events: unknown[];
}

export type ToKernel =
  | { type: 'need-doc'; view: string; protocol: number; version: string }
  | { type: 'need-bokehjs'; view: string; have: string | null }
  | { type: 'patch'; view: string; content: PatchContent; buffer_ids: string[] }
  | { type: 'state'; view: string; state: Values }
  | { type: 'ask'; view: string; id: string; action: string; args: Record<string, Value> }
  | { type: 'cancel'; view: string; id: string }
  | { type: 'theme'; view: string; theme: 'light' | 'dark' }
  | { type: 'close'; view: string };

export type FromKernel =
  | { type: 'doc'; view: string; revision: number; scene: Scene; buffer_ids: string[] }
  | { type: 'bokehjs'; view: string; version: string }
  | { type: 'patch'; origin: string | null; revision: number; content: PatchContent; buffer_ids: string[] }
  | {
      type: 'sketch';
      origin: string | null;
      revision: number;
      content: PatchContent;
      parts: SketchParts;
      buffer_ids: string[];
    }
  | { type: 'scene'; origin: string | null; revision: number; scene: Parts }
  | { type: 'state'; origin: string | null; state: Values }
  | { type: 'progress'; view: string; id: string; done: number; total: number; label: string }
  | { type: 'reply'; view: string; id: string; ok: boolean; result?: unknown; error?: string; cancelled?: boolean }
  | { type: 'incompatible'; view: string; message: string };

/** A message that draws, or that writes into the controls. */
export type Drawing = Extract<FromKernel, { type: 'doc' | 'patch' | 'sketch' | 'scene' | 'state' }>;

const DRAWS: ReadonlySet<string> = new Set(['doc', 'patch', 'sketch', 'scene', 'state']);

export function isDrawing(message: FromKernel): message is Drawing {
  return DRAWS.has(message.type);
}

/** The same message without what it says about some controls. */
export function withoutState(message: Drawing, keys: ReadonlySet<string>): Drawing {
  const rest = (state: Values): Values => Object.fromEntries(Object.entries(state).filter(([key]) => !keys.has(key)));
  switch (message.type) {
    case 'doc':
      return { ...message, scene: { ...message.scene, state: rest(message.scene.state) } };
    case 'scene':
      return { ...message, scene: { ...message.scene, state: rest(message.scene.state) } };
    case 'sketch':
      return { ...message, parts: { ...message.parts, state: rest(message.parts.state) } };
    case 'state':
      return { ...message, state: rest(message.state) };
    case 'patch':
      return message;
  }
}

export type Buffers = readonly ArrayBuffer[];

/** What carries messages to a kernel: an ipywidgets comm, or nothing at all. */
export interface Host {
  readonly live: boolean;
  send(message: ToKernel, buffers?: ArrayBuffer[]): void;
  on(callback: (message: FromKernel, buffers: Buffers) => void): () => void;
  /** The connection came or went. */
  onLive(callback: (live: boolean) => void): () => void;
}

let counter = 0;

/** An id that no other view of this or another page has. */
export function newViewId(): string {
  counter += 1;
  const random = Math.random().toString(36).slice(2, 10);
  return `v${counter}-${Date.now().toString(36)}-${random}`;
}

type Revised = Extract<FromKernel, { revision: number; origin: string | null }>;

/**
 * Holds back what arrives before the document does.
 *
 * A view asks for the document and meanwhile hears the changes meant for all views. Those that the
 * document already contains (not newer than its revision) must not be applied a second time; those that
 * are newer must not be lost.
 */
export class RevisionQueue<T extends { revision: number } = Revised> {
  private held: { message: T; buffers: Buffers }[] = [];
  private revision: number | null = null;

  constructor(private readonly apply: (message: T, buffers: Buffers) => void) {}

  push(message: T, buffers: Buffers = []): void {
    if (this.revision === null) {
      this.held.push({ message, buffers });
    } else if (message.revision > this.revision) {
      this.apply(message, buffers);
    }
  }

  /** The document of this revision is drawn: obey what is newer, in order. */
  open(revision: number): void {
    this.revision = revision;
    const held = this.held;
    this.held = [];
    for (const { message, buffers } of held) {
      this.push(message, buffers);
    }
  }

  /** A new document is on its way: hold back again. */
  close(): void {
    this.revision = null;
  }
}

/** Copies of the buffers of a message, each at the start of an ArrayBuffer of its own as typed arrays need it. */
export function ownBuffers(buffers: readonly (ArrayBuffer | ArrayBufferView)[]): ArrayBuffer[] {
  return buffers.map(buffer =>
    ArrayBuffer.isView(buffer)
      ? (buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer)
      : buffer
  );
}

export function bufferMap(ids: readonly string[], buffers: Buffers): Map<string, ArrayBuffer> {
  return new Map(ids.map((id, i) => [id, buffers[i]]));
}
