/** The Bokeh document of a file: every model and every property stands in the table of `allowed.ts`. */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { PROPERTIES } from './allowed.js';
import { ID, isBranch, isColour, ITEM_BYTES, LIMITS, list, NAME, product, record, refuse, VERSION } from './refusal.js';

/** Letters: c colours, b truth value, n number, e one of Bokeh's own words, v any safe value. */
type Kind = 'c' | 'b' | 'n' | 'e' | 'v';

const MODELS = new Map<string, Map<string, Kind>>();
for (const [names, properties] of PROPERTIES) {
  const table = new Map(properties.split(' ').map(entry => entry.split(':') as [string, Kind]));
  names.split(' ').forEach(name => MODELS.set(name, table));
}

const WORD = /^[\w -]{0,40}$/;

/** Text that BokehJS would hand to a typesetter, which it would fetch from elsewhere. */
function needsTypesetter(text: string): boolean {
  return text.includes('$$') || text.includes('\\[') || text.includes('\\(');
}

/** Text that only means something where markup or style is read, which is nowhere in a figure. */
function smuggles(text: string): boolean {
  return /url\s*\(|javascript:|@import|expression\s*\(/i.test(text);
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
export class DocumentCheck {
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
