/** Arrays as they travel in JSON: base64 text, for Bokeh's own columns gzipped. */

import type { PackedArray } from './scene.js';

export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) {
    bytes[i] = binary.charCodeAt(i);
  }
  return bytes;
}

/** The arrays of a scene, by name; what travelled in single precision is widened. */
export function unpackArrays(packed: Record<string, PackedArray>): Record<string, Float64Array> {
  const arrays: Record<string, Float64Array> = {};
  for (const [name, { base64, dtype }] of Object.entries(packed)) {
    const bytes = fromBase64(base64).buffer as ArrayBuffer;
    arrays[name] = dtype === 'float32' ? Float64Array.from(new Float32Array(bytes)) : new Float64Array(bytes);
  }
  return arrays;
}

/** Unzip, but stop at the first byte over the limit: a few kilobytes of zip can hold gigabytes. */
export async function unzip(bytes: Uint8Array, limit: number, format: 'gzip' | 'deflate'): Promise<ArrayBuffer> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw new Error('This file holds more than it says.');
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole.buffer;
}
