/**
 * Put a document's definitions back before their references.
 *
 * In Bokeh's JSON a model is written out where it is first met and referred to afterwards. Notebook files
 * are saved with their keys sorted, so that "first" may have come last.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

export function definitionsFirst(document: unknown): any {
  const definitions = new Map<string, any>();
  const stack: unknown[] = [document];
  while (stack.length > 0) {
    const value = stack.pop() as any;
    if (Array.isArray(value)) {
      for (const item of value) {
        stack.push(item);
      }
    } else if (isPlain(value)) {
      if (value.type === 'object' && typeof value.id === 'string') {
        definitions.set(value.id, value);
      }
      for (const item of Object.values(value)) {
        stack.push(item);
      }
    }
  }

  const met = new Set<string>();
  const write = (value: any): any => {
    if (Array.isArray(value)) {
      return value.map(write);
    }
    if (!isPlain(value)) {
      return value;
    }
    const id = value.id;
    const reference = typeof id === 'string' && (value.type === undefined || value.type === 'ref');
    if (reference || (value.type === 'object' && typeof id === 'string')) {
      const definition = definitions.get(id);
      if (met.has(id) || definition === undefined) {
        return { id };
      }
      met.add(id);
      value = definition;
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, write(item)]));
  };
  return write(document);
}

function isPlain(value: unknown): value is Record<string, any> {
  return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}
