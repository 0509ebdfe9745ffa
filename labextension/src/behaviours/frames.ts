/** Many changes, one redraw: work is done once before the next frame is painted. */

import type { Store } from '../pane/store.js';

export class NextFrame {
  private request = 0;
  private waiting = false;

  constructor(private readonly work: () => void) {}

  ask(): void {
    if (!this.waiting) {
      this.waiting = true;
      this.request = requestAnimationFrame(() => {
        this.waiting = false;
        this.work();
      });
    }
  }

  cancel(): void {
    if (this.waiting) {
      cancelAnimationFrame(this.request);
      this.waiting = false;
    }
  }
}

/** Work is also asked for whenever keys change that the pattern knows, until `stop`. */
export class Following extends NextFrame {
  private readonly forget: () => void;

  constructor(store: Store, keys: RegExp, work: () => void) {
    super(work);
    this.forget = store.subscribe(changed => {
      if ([...changed].some(key => keys.test(key))) {
        this.ask();
      }
    });
  }

  stop(): void {
    this.forget();
    this.cancel();
  }
}

/** How wide a figure is. While a page is laid out anew it has no width for a moment: then the last one is told. */
export function widthOf(host: Element | null, otherwise: number): () => number {
  let last = otherwise;
  return () => {
    last = host?.clientWidth || last;
    return last;
  };
}

/**
 * Call when the frame of a plot may have moved, until the function that is returned is called.
 *
 * The frame moves when its labels take more or less room, which no element tells.
 */
export function whenLaidOut(host: Element, plot: any, moved: () => void): () => void {
  const observer = new ResizeObserver(moved);
  observer.observe(host);
  const { inner_width: width, inner_height: height } = plot.model.properties;
  width.change.connect(moved);
  height.change.connect(moved);
  return () => {
    observer.disconnect();
    width.change.disconnect(moved);
    height.change.disconnect(moved);
  };
}
