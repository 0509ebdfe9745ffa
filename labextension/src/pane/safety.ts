/**
 * What may be drawn from a file.
 *
 * A saved notebook is a file from a stranger. Its scene is drawn only when every model and every property in
 * it stands in the table of `allowed.ts`, no text asks for a typesetter (BokehJS would fetch one), no part
 * runs, loads or styles anything, and the whole stays within a budget. The walk is iterative and stops at
 * the first excess, so that fifty megabytes of nonsense cost no more than a refusal.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { PROPERTIES } from './allowed.js';
import { fromBase64, unzip } from './arrays.js';
import { PROTOCOL } from './protocol.js';
import type { Scene } from './scene.js';

export type Verdict = { ok: true; scene: Scene } | { ok: false; why: string };

export const LIMITS = {
  nodes: 400_000,
  /** The frame becomes elements of the page, which are dearer than numbers. */
  frame: 20_000,
  depth: 48,
  /** One text, in characters. */
  text: 20_000,
  /** All texts together. */
  texts: 6_000_000,
  /** All base64 together, before decoding. */
  base64: 24_000_000,
  /** A whole scene as text, after unzipping. */
  scene: 24_000_000,
  /** All arrays together, after unzipping. */
  bytes: 64_000_000,
  behaviours: 64
};

/** Letters: c colours, b truth value, n number, e one of Bokeh's own words, v any safe value. */
type Kind = 'c' | 'b' | 'n' | 'e' | 'v';

const MODELS = new Map<string, Map<string, Kind>>();
for (const [names, properties] of PROPERTIES) {
  const table = new Map(properties.split(' ').map(entry => entry.split(':') as [string, Kind]));
  names.split(' ').forEach(name => MODELS.set(name, table));
}

const ID = /^[\w-]{1,80}$/;
const NAME = /^[\w .:/-]{1,120}$/;
const WORD = /^[\w -]{0,40}$/;
const VERSION = /^\d{1,3}\.\d{1,3}\.\d{1,4}[\w.+-]{0,20}$/;
const COLOUR = /^(#[0-9a-f]{3,8}|[a-z]{3,24}|(rgb|rgba|hsl|hsla)\([\d.,%/\s]{3,60}\))$/i;
const THEMED = /^[a-z_]*(color|palette)$/;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const ITEM_BYTES: Record<string, number> = {
  bool: 1, uint8: 1, int8: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4, float64: 8
};

class Refused extends Error {}

function refuse(why: string): never {
  throw new Refused(why);
}

/** Text that BokehJS would hand to a typesetter, which it would fetch from elsewhere. */
function needsTypesetter(text: string): boolean {
  return text.includes('$$') || text.includes('\\[') || text.includes('\\(');
}

/** Text that only means something where markup or style is read, which is nowhere in a figure. */
function smuggles(text: string): boolean {
  return /url\s*\(|javascript:|@import|expression\s*\(/i.test(text);
}

/** The scene of a saved output: zipped, as the kernel writes it, or plain. */
export async function readScene(saved: unknown): Promise<Verdict> {
  const packed = (saved as any)?.packed;
  if (packed === undefined) {
    return checkScene(saved);
  }
  if (typeof packed !== 'string' || packed.length > LIMITS.base64) {
    return { ok: false, why: 'This file holds a figure that is too large to be drawn safely.' };
  }
  try {
    const text = new TextDecoder().decode(await unzip(fromBase64(packed), LIMITS.scene, 'deflate'));
    return checkScene(JSON.parse(text));
  } catch {
    return { ok: false, why: 'The figure in this file is damaged or too large.' };
  }
}

/** Check a scene that comes from a file. Nothing of it has been used before this says yes. */
export function checkScene(json: unknown): Verdict {
  try {
    const scene = record(json, 'The figure');
    budget(scene);
    head(scene);
    new DocumentCheck().run(scene.document);
    return { ok: true, scene: scene as unknown as Scene };
  } catch (error) {
    if (error instanceof Refused) {
      return { ok: false, why: error.message };
    }
    return { ok: false, why: 'The figure in this file is damaged.' };
  }
}

function record(value: unknown, what: string): Record<string, any> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    refuse(`${what} in this file is not what it should be.`);
  }
  return value as Record<string, any>;
}

function list(value: unknown, what: string, most: number): any[] {
  if (!Array.isArray(value) || value.length > most) {
    refuse(`${what} in this file is not what it should be.`);
  }
  return value;
}

/** Size before meaning: nodes, depth and text, in one walk that stops at the first excess. */
function budget(whole: unknown, most = LIMITS.nodes): void {
  let nodes = 0;
  let texts = 0;
  let base64 = 0;
  const stack: [unknown, number, boolean][] = [[whole, 0, false]];
  while (stack.length > 0) {
    const [value, depth, binary] = stack.pop() as [unknown, number, boolean];
    if (++nodes > most || depth > LIMITS.depth) {
      refuse('This file holds a figure that is too large to be drawn safely.');
    }
    if (typeof value === 'string') {
      if (binary) {
        base64 += value.length;
      } else {
        texts += value.length;
      }
      if (texts > LIMITS.texts || base64 > LIMITS.base64 || (!binary && value.length > LIMITS.text)) {
        refuse('This file holds a figure with too much text or too many numbers to be drawn safely.');
      }
    } else if (Array.isArray(value)) {
      if (nodes + value.length > most) {
        refuse('This file holds a figure that is too large to be drawn safely.');
      }
      for (const item of value) {
        stack.push([item, depth + 1, false]);
      }
    } else if (value !== null && typeof value === 'object') {
      const bytes = (value as any).type === 'bytes';
      for (const key of Object.keys(value)) {
        if (FORBIDDEN_KEYS.has(key) || key.length > LIMITS.text) {
          refuse('This file holds a figure with names that are not allowed.');
        }
        texts += key.length;
        stack.push([(value as any)[key], depth + 1, key === 'base64' || (bytes && key === 'data')]);
      }
    }
  }
}

/** Everything around the document. Its texts are only ever shown as text. */
function head(scene: Record<string, any>): void {
  if (scene.protocol !== PROTOCOL) {
    refuse('This figure was saved by another version of scalewidgets. Run the cell again to draw it.');
  }
  if (typeof scene.kind !== 'string' || !NAME.test(scene.kind)) {
    refuse('This file holds a figure without a proper name.');
  }
  if (typeof scene.bokeh !== 'string' || !VERSION.test(scene.bokeh)) {
    refuse('This file does not say which Bokeh its figure was made with.');
  }
  if (typeof scene.summary !== 'string') {
    refuse('The summary in this file is not what it should be.');
  }
  budget(record(scene.frame, 'The frame'), LIMITS.frame);
  for (const value of Object.values(record(scene.state, 'The state'))) {
    if (value !== null && typeof value === 'object') {
      refuse('The state in this file is not what it should be.');
    }
  }
  for (const item of list(scene.behaviours, 'The list of behaviours', LIMITS.behaviours)) {
    const { name, options } = record(item, 'A behaviour');
    if (typeof name !== 'string' || !NAME.test(name)) {
      refuse('A behaviour in this file has no proper name.');
    }
    record(options, 'A behaviour');
  }
  let bytes = 0;
  for (const packed of Object.values(record(scene.arrays, 'The list of arrays'))) {
    const { dtype, shape, base64 } = record(packed, 'An array');
    const size = dtype === 'float64' ? product(shape) * 8 : dtype === 'float32' ? product(shape) * 4 : NaN;
    bytes += size;
    if (typeof base64 !== 'string' || base64.length !== 4 * Math.ceil(size / 3) || bytes > LIMITS.bytes) {
      refuse('An array in this file does not have the size it says.');
    }
  }
  const table = record(scene.table, 'The table');
  const columns = list(table.columns, 'The table', 200);
  for (const row of list(table.rows, 'The table', LIMITS.nodes)) {
    if (list(row, 'The table', 200).length !== columns.length || row.some((v: unknown) => isBranch(v))) {
      refuse('The table in this file is not what it should be.');
    }
  }
  const themes = record(scene.themes, 'The list of themes');
  for (const theme of ['light', 'dark']) {
    for (const entry of list(themes[theme], 'The list of themes', 5000)) {
      const [id, property, value] = list(entry, 'The list of themes', 3);
      const colours = Array.isArray(value) ? value : [value];
      if (!ID.test(id) || !THEMED.test(property) || !colours.every(c => c === null || isColour(c))) {
        refuse('A theme in this file sets more than colours.');
      }
    }
  }
}

function product(shape: unknown): number {
  if (!Array.isArray(shape) || shape.length > 4 || !shape.every(n => Number.isInteger(n) && n >= 0)) {
    return NaN;
  }
  return shape.reduce((a, b) => a * b, 1);
}

function isBranch(value: unknown): boolean {
  return value !== null && typeof value === 'object';
}

function isColour(value: unknown): boolean {
  return typeof value === 'string' && COLOUR.test(value);
}

/** A property that is set to nothing does nothing, whatever its name. */
function isNothing(value: any): boolean {
  if (value === null || value === false) {
    return true;
  }
  if (Array.isArray(value)) {
    return value.length === 0;
  }
  if (value !== undefined && typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length === 0 || ((value.type === 'map' || value.type === 'set') && isNothing(value.entries ?? null));
  }
  return false;
}

/** The Bokeh document, model by model. Depth is bounded by the budget, which ran first. */
class DocumentCheck {
  private bytes = 0;

  run(json: unknown): void {
    const doc = record(json, 'The document');
    for (const key of Object.keys(doc)) {
      if (!['version', 'title', 'config', 'roots', 'defs', 'callbacks'].includes(key)) {
        refuse('The document in this file has parts that are not allowed.');
      }
    }
    if (!isNothing(doc.defs ?? null) || !isNothing(doc.callbacks ?? null)) {
      refuse('The document in this file wants to define models or run code of its own, which is not allowed.');
    }
    if (typeof doc.version !== 'string' || !VERSION.test(doc.version) || typeof doc.title !== 'string') {
      refuse('The document in this file is not what it should be.');
    }
    if (doc.config !== undefined && doc.config !== null) {
      this.value(doc.config);
    }
    for (const root of list(doc.roots, 'The document', 32)) {
      this.value(root);
    }
  }

  private value(value: any): void {
    if (typeof value === 'string') {
      this.text(value);
    } else if (Array.isArray(value)) {
      value.forEach(item => this.value(item));
    } else if (isBranch(value)) {
      this.branch(value);
    }
  }

  private text(text: string): void {
    if (needsTypesetter(text)) {
      refuse('A text in this file asks for a typesetter, which would have to be fetched from elsewhere.');
    }
    if (smuggles(text)) {
      refuse('A text in this file wants to load or run something, which is not allowed.');
    }
  }

  private branch(value: Record<string, any>): void {
    switch (value.type) {
      case undefined:
        if (value.id !== undefined) {
          this.reference(value);
        } else {
          Object.entries(value).forEach(([key, item]) => (this.text(key), this.value(item)));
        }
        return;
      case 'ref':
        this.reference(value);
        return;
      case 'object':
        this.model(value);
        return;
      case 'number':
        return;
      case 'map':
        for (const entry of list(value.entries ?? [], 'A model', LIMITS.nodes)) {
          list(entry, 'A model', 2).forEach(item => this.value(item));
        }
        return;
      case 'value':
      case 'field':
        // The same words mean a data column and a fixed value; transforms are models and go through the table.
        for (const [key, item] of Object.entries(value)) {
          if (!['type', 'value', 'field', 'transform', 'units'].includes(key)) {
            refuse('A model in this file has parts that are not allowed.');
          }
          this.value(item);
        }
        return;
      case 'ndarray':
        this.ndarray(value);
        return;
      case 'typed_array':
      case 'bytes':
      default:
        refuse('A model in this file has values of a kind that is not allowed.');
    }
  }

  private reference(value: Record<string, any>): void {
    if (typeof value.id !== 'string' || !ID.test(value.id)) {
      refuse('A model in this file has no proper id.');
    }
  }

  private ndarray(value: Record<string, any>): void {
    const { array, dtype, shape, order } = value;
    const count = product(shape);
    if (!Number.isFinite(count) || (order !== 'little' && order !== 'big')) {
      refuse('An array in this file is not what it should be.');
    }
    if (isBranch(array) && array.type === 'bytes') {
      this.bytes += count * (ITEM_BYTES[dtype] ?? Infinity);
      if (typeof array.data !== 'string' || this.bytes > LIMITS.bytes) {
        refuse('An array in this file is too large or of an unknown kind.');
      }
    } else {
      // Texts and dates come as plain lists.
      this.value(list(array, 'An array', LIMITS.nodes));
    }
  }

  private model(value: Record<string, any>): void {
    const { name, id, attributes } = value;
    const properties = MODELS.get(name);
    if (properties === undefined) {
      const shown = typeof name === 'string' && NAME.test(name) ? ` ("${name.slice(0, 40)}")` : '';
      refuse(`This file asks for a part${shown} that a saved figure may not have.`);
    }
    if (id !== undefined && !ID.test(id)) {
      refuse('A model in this file has no proper id.');
    }
    for (const [key, item] of Object.entries(record(attributes ?? {}, 'A model'))) {
      const kind = properties.get(key);
      if (kind === undefined) {
        if (isNothing(item)) {
          continue;
        }
        refuse(`This file sets something ("${String(key).slice(0, 40)}") that a saved figure may not set.`);
      }
      this.property(kind, item);
    }
  }

  private property(kind: Kind, value: any): void {
    const leaf = value !== null && typeof value !== 'object';
    if (kind === 'c') {
      this.colour(value);
    } else if (leaf && kind === 'b' && typeof value !== 'boolean') {
      refuse('A model in this file has a value of the wrong kind.');
    } else if (leaf && kind === 'n' && typeof value !== 'number') {
      refuse('A model in this file has a value of the wrong kind.');
    } else if (leaf && kind === 'e' && !(typeof value === 'string' && WORD.test(value))) {
      refuse('A model in this file has a value of the wrong kind.');
    } else {
      this.value(value);
    }
  }

  /** Colours reach style rules in places; nothing but a colour may pass for one. */
  private colour(value: any): void {
    if (typeof value === 'string') {
      if (!isColour(value)) {
        refuse('A colour in this file is not a colour.');
      }
    } else if (Array.isArray(value)) {
      value.forEach(item => this.colour(item));
    } else if (isBranch(value) && value.type === 'value') {
      this.colour(value.value);
    } else {
      this.value(value);
    }
  }
}

/**
 * Unzip the columns of a checked document, so that BokehJS never meets compressed data of a file: each array
 * must hold exactly the bytes its shape announces.
 */
export async function inflate(document: unknown): Promise<void> {
  const stack: unknown[] = [document];
  const found: { array: any; size: number }[] = [];
  while (stack.length > 0) {
    const value = stack.pop() as any;
    if (Array.isArray(value)) {
      stack.push(...value.filter(isBranch));
    } else if (isBranch(value)) {
      if (value.type === 'ndarray' && isBranch(value.array) && typeof value.array.data === 'string') {
        found.push({ array: value.array, size: product(value.shape) * (ITEM_BYTES[value.dtype] ?? NaN) });
      } else {
        stack.push(...Object.values(value).filter(isBranch));
      }
    }
  }
  for (const { array, size } of found) {
    const buffer = await unzip(fromBase64(array.data), size, 'gzip');
    if (buffer.byteLength !== size) {
      throw new Error('An array in this file does not have the size it says.');
    }
    array.data = { buffer };
  }
}
