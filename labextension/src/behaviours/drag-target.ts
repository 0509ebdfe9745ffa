/** `drag-target`: the diamond is a handle; along the compute axis it changes the tokens at one size. */

import type { Behaviour, Context } from './index.js';
import { NextFrame } from './frames.js';

export interface DragOptions {
  figure: string;
  flopsPerParamToken: number;
}

/** One press of an arrow key. */
const STEP = 1.05;

export function startDragTarget(options: DragOptions, { store, view }: Context): Behaviour {
  const host = view.element(options.figure);
  const plot = view.rootView(options.figure);
  if (!host || !plot?.frame) {
    return { dispose: () => undefined };
  }
  const handle = document.createElement('button');
  handle.type = 'button';
  handle.className = 'sw-handle';
  handle.setAttribute('aria-label', 'Target: drag, or use the arrow keys, to change its tokens');
  host.append(handle);

  const setTokens = (tokens: number) => {
    store.set({ 'target.tokens': Number(tokens.toPrecision(3)) }, 'user');
  };
  const move = (event: PointerEvent) => {
    const left = host.getBoundingClientRect().left;
    const flops = plot.frame.x_scale.invert(event.clientX - left);
    const params = store.number('target.params');
    if (flops > 0 && params > 0) {
      setTokens(flops / (options.flopsPerParamToken * params));
    }
  };
  const commit = () => store.commit(['target.tokens']);
  const up = () => {
    handle.removeEventListener('pointermove', move);
    commit();
  };
  handle.addEventListener('pointerdown', event => {
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', up, { once: true });
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener('keydown', event => {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (direction !== undefined) {
      setTokens(store.number('target.tokens') * STEP ** direction);
      commit();
      event.preventDefault();
    }
    event.stopPropagation();
  });

  const place = () => {
    const x = plot.frame.x_scale.compute(store.number('answer.flops'));
    const y = plot.frame.y_scale.compute(store.number('answer.loss'));
    const seen = Number.isFinite(x) && Number.isFinite(y);
    handle.hidden = !seen;
    if (seen) {
      handle.style.left = `${x}px`;
      handle.style.top = `${y}px`;
    }
  };
  // The axis moves one frame after the answer; asking twice keeps the handle on the diamond.
  const frame = new NextFrame(() => {
    place();
    requestAnimationFrame(place);
  });
  const unsubscribe = store.subscribe(() => frame.ask());
  const ask = () => frame.ask();
  const observer = new ResizeObserver(ask);
  observer.observe(host);
  // The frame of a plot moves when its labels take more or less room, which no element tells.
  const { inner_width: width, inner_height: height } = plot.model.properties;
  width.change.connect(ask);
  height.change.connect(ask);
  frame.ask();
  return {
    dispose() {
      unsubscribe();
      observer.disconnect();
      width.change.disconnect(ask);
      height.change.disconnect(ask);
      frame.cancel();
      handle.remove();
    }
  };
}
