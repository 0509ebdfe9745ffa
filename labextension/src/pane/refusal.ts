/** How a file is refused: limits, proper names, and shapes that are what they should be. */

/* eslint-disable @typescript-eslint/no-explicit-any */

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

export const ID = /^[\w-]{1,80}$/;
export const NAME = /^[\w .:/-]{1,120}$/;
export const VERSION = /^\d{1,3}\.\d{1,3}\.\d{1,4}[\w.+-]{0,20}$/;
export const ITEM_BYTES: Record<string, number> = {
  bool: 1, uint8: 1, int8: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4, float64: 8
};
const COLOUR = /^(#[0-9a-f]{3,8}|[a-z]{3,24}|(rgb|rgba|hsl|hsla)\([\d.,%/\s]{3,60}\))$/i;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

export class Refused extends Error {}

export function refuse(why: string): never {
  throw new Refused(why);
}

export function record(value: unknown, what: string): Record<string, any> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    refuse(`${what} in this file is not what it should be.`);
  }
  return value as Record<string, any>;
}

export function list(value: unknown, what: string, most: number): any[] {
  if (!Array.isArray(value) || value.length > most) {
    refuse(`${what} in this file is not what it should be.`);
  }
  return value;
}

export function product(shape: unknown): number {
  if (!Array.isArray(shape) || shape.length > 4 || !shape.every(n => Number.isInteger(n) && n >= 0)) {
    return NaN;
  }
  return shape.reduce((a, b) => a * b, 1);
}

export function isBranch(value: unknown): boolean {
  return value !== null && typeof value === 'object';
}

export function isColour(value: unknown): boolean {
  return typeof value === 'string' && COLOUR.test(value);
}

/** Size before meaning: nodes, depth and text, in one walk that stops at the first excess. */
export function budget(whole: unknown, most = LIMITS.nodes): void {
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
