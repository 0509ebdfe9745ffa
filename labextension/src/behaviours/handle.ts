/** A mark that can be dragged, or moved by the arrow keys: an invisible button that stays on it. */

import type { Behaviour, View } from './index.js';
import type { Store } from '../pane/store.js';
import { NextFrame, whenLaidOut } from './frames.js';

export interface HandleOptions {
  /** Root of the figure that the mark stands in. */
  figure: string;
  label: string;
  /** Where the mark stands, in data units. */
  at(): [number, number];
  /** The pointer is here, in data units. */
  drag(x: number, y: number): void;
  /** An arrow key: steps to the right and upwards. */
  step(right: number, up: number): void;
  /** The reader let go. */
  done(): void;
}

const STEPS: Readonly<Record<string, [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1]
};

export function startHandle(options: HandleOptions, store: Store, view: View): Behaviour {
  const host = view.element(options.figure);
  const plot = view.rootView(options.figure);
  if (!host || !plot?.frame) {
    return { dispose: () => undefined };
  }
  const handle = document.createElement('button');
  handle.type = 'button';
  handle.className = 'sw-handle';
  handle.setAttribute('aria-label', options.label);
  host.append(handle);

  const move = (event: PointerEvent) => {
    const { left, top } = host.getBoundingClientRect();
    const x = plot.frame.x_scale.invert(event.clientX - left);
    const y = plot.frame.y_scale.invert(event.clientY - top);
    options.drag(x, y);
  };
  const up = () => {
    handle.removeEventListener('pointermove', move);
    handle.removeEventListener('pointerup', up);
    handle.removeEventListener('pointercancel', up);
    options.done();
  };
  handle.addEventListener('pointerdown', event => {
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', up);
    handle.addEventListener('pointercancel', up);
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener('keydown', event => {
    const step = Object.hasOwn(STEPS, event.key) ? STEPS[event.key] : null;
    if (step) {
      options.step(...step);
      options.done();
      event.preventDefault();
    }
    event.stopPropagation();
  });

  const place = () => {
    const [x, y] = options.at();
    const left = plot.frame.x_scale.compute(x);
    const top = plot.frame.y_scale.compute(y);
    const seen = Number.isFinite(left) && Number.isFinite(top);
    handle.hidden = !seen;
    if (seen) {
      handle.style.left = `${left}px`;
      handle.style.top = `${top}px`;
    }
  };
  // The axis moves one frame after the answer; asking twice keeps the handle on the mark.
  const frame = new NextFrame(() => {
    place();
    requestAnimationFrame(place);
  });
  const unsubscribe = store.subscribe(() => frame.ask());
  const unplace = whenLaidOut(host, plot, () => frame.ask());
  frame.ask();
  return {
    dispose() {
      unsubscribe();
      unplace();
      frame.cancel();
      handle.remove();
    }
  };
}
