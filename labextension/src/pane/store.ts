/**
 * The state of one view of a screen: flat keys ("target.params"), plain values.
 *
 * A control sets keys while it is dragged and *commits* them on release; behaviours answer changes by
 * setting further keys ("answer.loss"). Only commits travel to the kernel. While a hand is on a control
 * nothing that others say may move it: whoever brings news waits until the store is let go of.
 */

export type Value = number | string | boolean | null;
export type Values = Readonly<Record<string, Value>>;
export type Origin = 'user' | 'kernel' | 'behaviour';
export type Listener = (changed: ReadonlySet<string>, origin: Origin) => void;
export type CommitListener = (values: Values) => void;
/** Hears which keys a hand moved between taking hold of a control and letting go. */
export type FreeListener = (moved: ReadonlySet<string>) => void;

export class Store {
  private readonly values = new Map<string, Value>();
  private readonly listeners = new Set<Listener>();
  private readonly commits = new Set<CommitListener>();
  private readonly frees = new Set<FreeListener>();
  /** Keys that the hand has moved so far; null while no hand is on a control. */
  private moved: Set<string> | null = null;
  /** Keys that `together` gathers; null while every change is told at once. */
  private gathered: Set<string> | null = null;

  constructor(start: Values = {}) {
    for (const [key, value] of Object.entries(start)) {
      this.values.set(key, value);
    }
  }

  get(key: string): Value {
    return this.values.get(key) ?? null;
  }

  /** The number at `key`, NaN when there is none: a missing number must never pass as zero. */
  number(key: string): number {
    const value = this.values.get(key);
    return typeof value === 'number' ? value : NaN;
  }

  /** Set several keys at once; listeners hear once, and only of keys that really changed. */
  set(values: Values, origin: Origin): void {
    const changed = new Set<string>();
    for (const [key, value] of Object.entries(values)) {
      if (origin === 'kernel' && this.moved?.has(key)) {
        continue;
      }
      if (!Object.is(this.values.get(key), value)) {
        this.values.set(key, value);
        changed.add(key);
      }
    }
    if (origin === 'user') {
      changed.forEach(key => this.moved?.add(key));
    }
    if (changed.size > 0) {
      this.tell(changed, origin);
    }
  }

  /** Tell listeners once of all that is changed in `work`, as what one origin brought about. */
  together(origin: Origin, work: () => void): void {
    if (this.gathered !== null) {
      work();
      return;
    }
    const gathered = (this.gathered = new Set<string>());
    try {
      work();
    } finally {
      this.gathered = null;
      this.tell(gathered, origin);
    }
  }

  /** Have listeners print once more what they print, though no value is another. */
  again(origin: Origin): void {
    this.tell(new Set(), origin);
  }

  private tell(changed: ReadonlySet<string>, origin: Origin): void {
    if (this.gathered !== null) {
      changed.forEach(key => this.gathered?.add(key));
      return;
    }
    for (const listener of [...this.listeners]) {
      listener(changed, origin);
    }
  }

  /** Say that a person let go of a control: what is under these keys now is what they want. */
  commit(keys: Iterable<string>): void {
    const values: Record<string, Value> = {};
    for (const key of keys) {
      values[key] = this.get(key);
      this.moved?.add(key);
    }
    for (const listener of [...this.commits]) {
      listener(values);
    }
  }

  /** A hand takes hold of a control. */
  grip(): void {
    this.moved ??= new Set();
  }

  /** The hand lets go, after it has committed what it wants. */
  letGo(): void {
    const { moved } = this;
    if (moved !== null) {
      this.moved = null;
      for (const listener of [...this.frees]) {
        listener(moved);
      }
    }
  }

  get inHand(): boolean {
    return this.moved !== null;
  }

  onFree(listener: FreeListener): () => void {
    this.frees.add(listener);
    return () => this.frees.delete(listener);
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onCommit(listener: CommitListener): () => void {
    this.commits.add(listener);
    return () => this.commits.delete(listener);
  }

  snapshot(): Record<string, Value> {
    return Object.fromEntries(this.values);
  }

  dispose(): void {
    this.listeners.clear();
    this.commits.clear();
    this.frees.clear();
  }
}
