/**
 * `pick-runs`: a click leaves a run out of the fit or brings it back, a lasso chooses many.
 *
 * What is left out changes the fit, so the kernel is asked; without one a choice is only a selection. A click
 * is answered by a mark at once, which the new fit takes away: Bokeh's own selection would paint all figures.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import type { Behaviour, Context, View } from './index.js';

export interface Place {
  figure: string;
  /** Columns on its axes. */
  x: string;
  y: string;
}

export interface PickOptions {
  /** Source of the runs in the fit, and of those left out; both have a column `run`. */
  source: string;
  excluded: string;
  /** Figures that show them; the toolbar stands in the first. */
  places: Place[];
}

/** A click this near (px) means the run; a hand that moved further than `STILL` did not click. */
const REACH = 8;
const STILL = 4;
const ARM = 4.5;
const SVG = 'http://www.w3.org/2000/svg';

interface Found {
  source: any;
  index: number;
}

function chosenRuns(source: any): number[] {
  const indices: number[] = source.selected.indices;
  return indices.map(i => Number(source.data.run[i]));
}

/** "Run 224", "3 runs". */
export function inWords(runs: readonly number[]): string {
  return runs.length === 1 ? `Run ${runs[0]}` : `${runs.length.toLocaleString('en-US')} runs`;
}

/** The nearest of points to a place and its distance, null where none is within reach. */
export function nearest(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  x: number,
  y: number,
  reach = REACH
): { index: number; away: number } | null {
  let best = null;
  for (let index = 0; index < xs.length; index++) {
    const away = Math.hypot(xs[index] - x, ys[index] - y);
    if (away <= (best?.away ?? reach)) {
      best = { index, away };
    }
  }
  return best;
}

/** Where runs stand on screen, in a figure that shows them. */
function onScreen(view: View, { figure, x, y }: Place, source: any): [Float64Array, Float64Array] | null {
  const plot = view.rootView(figure);
  if (!plot?.frame || source.data[x] === undefined || source.data[y] === undefined) {
    return null;
  }
  const { x_scale: across, y_scale: up } = plot.frame;
  return [Float64Array.from(source.data[x], (v: number) => across.compute(v)), Float64Array.from(source.data[y], (v: number) => up.compute(v))];
}

/** Marks on runs whose fate is decided but not yet fitted. */
class Marks {
  private readonly drawn: SVGSVGElement[] = [];

  constructor(
    private readonly view: View,
    private readonly places: readonly Place[]
  ) {}

  /** A cross where a run goes, a dot where it comes back. */
  draw(source: any, indices: readonly number[], out: boolean): void {
    this.clear();
    for (const place of this.places) {
      const host = this.view.element(place.figure);
      const at = onScreen(this.view, place, source);
      if (!host || !at) {
        continue;
      }
      const svg = document.createElementNS(SVG, 'svg');
      svg.setAttribute('class', 'sw-marks');
      svg.setAttribute('aria-hidden', 'true');
      const ground = document.createElementNS(SVG, 'path');
      const cross = document.createElementNS(SVG, 'path');
      const points = indices.map(i => [at[0][i], at[1][i]]).filter(point => point.every(Number.isFinite));
      const disc = ([x, y]: number[]) => `M${x - ARM} ${y}a${ARM} ${ARM} 0 1 0 ${2 * ARM} 0a${ARM} ${ARM} 0 1 0 ${-2 * ARM} 0`;
      const arms = ([x, y]: number[]) =>
        `M${x - ARM} ${y - ARM}l${2 * ARM} ${2 * ARM}M${x + ARM} ${y - ARM}l${-2 * ARM} ${2 * ARM}`;
      ground.setAttribute('class', out ? 'sw-mark-ground' : 'sw-mark-back');
      ground.setAttribute('d', points.map(disc).join(''));
      svg.append(ground);
      if (out) {
        cross.setAttribute('class', 'sw-mark-out');
        cross.setAttribute('d', points.map(arms).join(''));
        svg.append(cross);
      }
      host.append(svg);
      this.drawn.push(svg);
    }
  }

  clear(): void {
    this.drawn.splice(0).forEach(svg => svg.remove());
  }
}

export function startPickRuns(options: PickOptions, { view, ask, live }: Context): Behaviour {
  const places = options.places ?? [];
  const used = view.byName(options.source);
  const left = view.byName(options.excluded);
  const host = places.length > 0 ? view.element(places[0].figure) : null;
  if (!used || !left || !host) {
    return { dispose: () => undefined };
  }
  const marks = new Marks(view, places);
  let asked = 0;
  const bar = document.createElement('div');
  bar.className = 'sw-pick';
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'Runs that are chosen');
  const words = document.createElement('span');
  const button = (label: string, act: () => void) => {
    const el = document.createElement('button');
    el.type = 'button';
    el.className = 'sw-link';
    el.textContent = label;
    el.addEventListener('click', act);
    return el;
  };
  const clear = () => {
    for (const source of [used, left]) {
      if (source.selected.indices.length > 0) {
        source.selected.indices = [];
      }
    }
    bar.hidden = true;
  };
  /** Ask about some rows of a source; its rows change with the fit, so a selection must not outlive it. */
  const send = (action: string, source: any, indices: readonly number[]) => {
    const runs = indices.map(i => Number(source.data.run[i]));
    const mine = ++asked;
    const others = new Set(indices);
    const every = Array.from({ length: source.data.run.length }, (_, i) => i);
    // The request first: it is on its way while the marks are drawn.
    const answered = ask(action, { runs: JSON.stringify(runs) });
    marks.draw(source, action === 'keep' ? every.filter(i => !others.has(i)) : indices, source === used);
    clear();
    // Marks of a click that failed, or was cancelled, go; those of a newer one stay.
    void answered.then(() => {
      if (mine === asked) {
        marks.clear();
      }
    });
  };
  const chosen = (): number[] => [...used.selected.indices];
  const leaveOut = button('Exclude', () => send('exclude', used, chosen()));
  const keep = button('Keep only these', () => send('keep', used, chosen()));
  bar.append(words, leaveOut, keep, button('Clear', clear));
  bar.hidden = true;
  host.append(bar);

  const tell = () => {
    const runs = chosenRuns(used);
    bar.hidden = runs.length === 0;
    if (runs.length > 0) {
      words.textContent = `${inWords(runs)} chosen`;
      leaveOut.disabled = keep.disabled = !live();
      leaveOut.title = keep.title = live() ? '' : 'Needs a running kernel';
    }
  };

  const find = (place: Place, x: number, y: number): Found | null => {
    return [used, left].reduce<(Found & { away: number }) | null>((found, source) => {
      const at = onScreen(view, place, source);
      const one = at && nearest(...at, x, y, found?.away);
      return one ? { source, ...one } : found;
    }, null);
  };
  const clicked = ({ source, index }: Found, more: boolean) => {
    if (live() && !more) {
      send(source === used ? 'exclude' : 'restore', source, [index]);
    } else if (source === used) {
      const before = more ? chosen() : [];
      used.selected.indices = before.includes(index) ? before.filter(i => i !== index) : [...before, index];
    }
  };
  const stops = places.map(place => {
    const el = view.element(place.figure);
    let down: { event: PointerEvent; x: number; y: number } | null = null;
    const pressed = (event: PointerEvent) => {
      const other = event.target instanceof Element && event.target.closest('button, .sw-pick') !== null;
      // Where the figure stands is asked now: nothing moves while a hand is on it, and its release must not wait.
      const { left: x, top: y } = el?.getBoundingClientRect() ?? { left: 0, top: 0 };
      down = event.button === 0 && !other ? { event, x: event.clientX - x, y: event.clientY - y } : null;
    };
    const released = (event: PointerEvent) => {
      const start = down;
      down = null;
      if (start === null) {
        return;
      }
      const [right, under] = [event.clientX - start.event.clientX, event.clientY - start.event.clientY];
      if (Math.hypot(right, under) > STILL) {
        return;
      }
      const found = find(place, start.x + right, start.y + under);
      if (found) {
        clicked(found, event.shiftKey);
      }
    };
    el?.addEventListener('pointerdown', pressed);
    el?.addEventListener('pointerup', released);
    return () => {
      el?.removeEventListener('pointerdown', pressed);
      el?.removeEventListener('pointerup', released);
    };
  });
  const fitted = () => marks.clear();
  const usedChange = used.selected.properties.indices.change;
  const [usedData, leftData] = [used.properties.data.change, left.properties.data.change];
  usedChange.connect(tell);
  usedData.connect(fitted);
  leftData.connect(fitted);
  tell();
  return {
    dispose() {
      stops.forEach(stop => stop());
      usedChange.disconnect(tell);
      usedData.disconnect(fitted);
      leftData.disconnect(fitted);
      marks.clear();
      bar.remove();
    }
  };
}
