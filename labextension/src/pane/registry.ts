/** The widget models that live in this page, so that a saved output can tell whether its widget is alive. */

/* eslint-disable @typescript-eslint/no-explicit-any */

const models = new Map<string, any>();
const waiting = new Set<(id: string) => void>();

export function modelCreated(id: string, model: any): void {
  models.set(id, model);
  [...waiting].forEach(callback => callback(id));
}

export function modelClosed(id: string): void {
  models.delete(id);
}

/** Call back with the model of this id, now or when it comes to life; returns how to stop waiting. */
export function whenModel(id: string, callback: (model: any) => void): () => void {
  const check = (created: string) => {
    if (created === id) {
      waiting.delete(check);
      callback(models.get(id));
    }
  };
  waiting.add(check);
  if (models.has(id)) {
    check(id);
  }
  return () => waiting.delete(check);
}
