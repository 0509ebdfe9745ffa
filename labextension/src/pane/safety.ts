/**
 * What may be drawn from a file.
 *
 * A saved notebook is a file from a stranger. Its scene is drawn only when every model and every property in
 * it stands in the table of `allowed.ts`, no text asks for a typesetter (BokehJS would fetch one), no part
 * runs, loads or styles anything, and the whole stays within a budget. The walk is iterative and stops at
 * the first excess, so that fifty megabytes of nonsense cost no more than a refusal.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { fromBase64, unzip } from './arrays.js';
import { DocumentCheck } from './check-document.js';
import { PROTOCOL } from './protocol.js';
import { budget, ID, isBranch, isColour, ITEM_BYTES, LIMITS, list, NAME, product, record, refuse, Refused, VERSION } from './refusal.js';
import type { Scene } from './scene.js';

export { LIMITS };
export type Verdict = { ok: true; scene: Scene } | { ok: false; why: string };

const THEMED = /^[a-z_]*(color|palette)$/;

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
