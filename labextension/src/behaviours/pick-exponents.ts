/**
 * `pick-exponents`: a click on the map, or a drag along it, sets all coefficients to the best with these
 * exponents. The amplitudes of every cell came with the figure, so no kernel is asked.
 */

import { formatQuantity } from '../frame/format.js';
import type { Behaviour, Context } from './index.js';
import { ExponentMap, type MapOptions } from './exponent-map.js';
import { NextFrame, whenLaidOut } from './frames.js';

export interface PickExponentOptions extends MapOptions {
  figure: string;
  /** Source of the diamond, and of its label. */
  here: string;
  label: string;
}

/** As near to the fit's diamond as this (px), a click means the fit itself. */
const SNAP = 7;
/** One press of an arrow key, as a share of an axis. */
const STEP = 1 / 60;
/** Exponents are told to so many digits: finer than a pixel, short enough to read in a slider. */
const DIGITS = 4;

export function startPickExponents(options: PickExponentOptions, { store, view, arrays }: Context): Behaviour {
  const host = view.element(options.figure);
  const plot = view.rootView(options.figure);
  if (!host || !plot?.frame) {
    return { dispose: () => undefined };
  }
  const map = new ExponentMap(options, arrays);
  const { names, fit } = options;
  const flat = names.length === 1;
  const keys = options.coefficients.map(name => `coef.${name}`);

  const handle = document.createElement('button');
  handle.type = 'button';
  handle.className = 'sw-map-handle';
  handle.setAttribute('aria-label', 'Exponents: click on the map, drag, or use the arrow keys to try others');
  host.append(handle);

  const held = (name: string) => store.number(`coef.${name}`);
  const choose = (place: readonly number[]) => {
    const found = map.at(place);
    store.set(Object.fromEntries(Object.entries(found).map(([name, value]) => [`coef.${name}`, value])), 'user');
  };
  const commit = () => store.commit(keys);
  const onScreen = (place: readonly number[]): [number, number] => [
    plot.frame.x_scale.compute(place[0]),
    flat ? plot.frame.y_scale.compute(map.heightAt(place[0])) : plot.frame.y_scale.compute(place[1])
  ];

  // Where the figure stood when the hand went down: words above it may grow by a line meanwhile.
  let origin = host.getBoundingClientRect();
  /** What stands under the pointer; null outside the frame. */
  const under = (event: PointerEvent, clip: boolean): number[] | null => {
    const [x, y] = [event.clientX - origin.left, event.clientY - origin.top];
    const { x0, x1, y0, y1 } = plot.frame.bbox;
    if (clip && (x < x0 || x > x1 || y < y0 || y > y1)) {
      return null;
    }
    const best = names.map(name => fit[name]);
    const [bx, by] = onScreen(best);
    if (Math.hypot(x - bx, flat ? 0 : y - by) < SNAP) {
      return best;
    }
    const place = [plot.frame.x_scale.invert(x), plot.frame.y_scale.invert(y)].slice(0, names.length);
    return place.map(value => Number(value.toPrecision(DIGITS)));
  };
  const move = (event: PointerEvent) => {
    const place = under(event, false);
    if (place) {
      choose(place);
    }
  };
  const letGo = () => {
    host.removeEventListener('pointermove', move);
    host.removeEventListener('pointerup', up);
    host.removeEventListener('pointercancel', up);
  };
  const up = () => {
    letGo();
    commit();
  };
  const down = (event: PointerEvent) => {
    origin = host.getBoundingClientRect();
    const place = event.button === 0 ? under(event, true) : null;
    if (place) {
      host.setPointerCapture(event.pointerId);
      choose(place);
      host.addEventListener('pointermove', move);
      host.addEventListener('pointerup', up);
      host.addEventListener('pointercancel', up);
      event.preventDefault();
      handle.focus({ preventScroll: true });
    }
  };
  host.addEventListener('pointerdown', down);
  handle.addEventListener('keydown', event => {
    const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    const along = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0;
    if (across !== 0 || (along !== 0 && !flat)) {
      const shift = [across, along];
      choose(
        names.map((name, i) => {
          const axis = map.axes[i];
          return held(name) + shift[i] * STEP * (axis[axis.length - 1] - axis[0]);
        })
      );
      commit();
      event.preventDefault();
    }
    event.stopPropagation();
  });

  const place = () => {
    const here = names.map(held);
    if (here.some(value => !Number.isFinite(value))) {
      return;
    }
    const [x, y] = onScreen(here);
    const { x0, x1, y0, y1 } = plot.frame.bbox;
    handle.hidden = !(x >= x0 - 1 && x <= x1 + 1 && y >= y0 - 1 && y <= y1 + 1);
    handle.style.left = `${x}px`;
    handle.style.top = `${y}px`;
  };
  const update = () => {
    const here = names.map(held);
    if (here.every(Number.isFinite)) {
      const point = { x: [here[0]], y: [flat ? map.heightAt(here[0]) : here[1]] };
      view.local(() => {
        const source = view.byName(options.here);
        const label = view.byName(options.label);
        if (source) {
          source.data = point;
        }
        if (label) {
          label.data = { ...point, text: [here.map(value => formatQuantity(value, 'exponent')).join(', ')] };
        }
      });
    }
    place();
  };
  const frame = new NextFrame(update);
  const placing = new NextFrame(place);
  const unsubscribe = store.subscribe(changed => {
    if (keys.some(key => changed.has(key))) {
      frame.ask();
    }
  });
  const unplace = whenLaidOut(host, plot, () => placing.ask());
  frame.ask();
  return {
    dispose() {
      unsubscribe();
      unplace();
      frame.cancel();
      placing.cancel();
      host.removeEventListener('pointerdown', down);
      letGo();
      handle.remove();
    }
  };
}
