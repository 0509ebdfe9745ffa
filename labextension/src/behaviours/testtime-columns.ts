/** Coverage behind the user's verifier, in columns: the twin of `figures/testtime/following.py`. */

import { geomspace } from './numbers.js';
import { average, ends, IN_BANDS, type Counts } from './testtime-counts.js';
import { between, budgetWords, ratesOf, samplesWords, share, type Facts, type Held } from './testtime-held.js';
import type { Columns } from './testtime-map.js';
import type { Menu } from './testtime-menu.js';

const POINTS = 33;
const BEYOND_POINTS = 9;
const NAME_ROOM = 14;

export interface ColumnOptions extends Facts {
  range: [number, number];
  top: number;
  /** Height of the frame, about. */
  pixels: number;
}

interface Standing {
  k: Float64Array;
  value: Float64Array;
  low: Float64Array;
  high: Float64Array;
  /** Fitted coverage at the right end; that which was counted where there is no fit. */
  end: number;
}

/** Coverage of every model with its interval, computed once. */
export class Coverage {
  readonly models: Standing[];

  constructor(
    readonly counts: Counts,
    readonly options: ColumnOptions
  ) {
    this.models = counts.least.map((least, m) => {
      const k = Float64Array.from(new Set(geomspace(1, least, POINTS).map(x => Math.floor(x + 0.5))));
      const each = Array.from(k, x => counts.each(m, x, null));
      const rows = each.map(values => ends(counts.resampled(values), options.level));
      const value = Float64Array.from(each, average);
      const far = counts.mean(m, Math.floor(options.range[1]), null);
      return {
        k,
        value,
        low: Float64Array.from(rows, row => row[0]),
        high: Float64Array.from(rows, row => row[1]),
        end: Number.isFinite(far) ? far : value[value.length - 1]
      };
    });
  }

  columns(found: Menu, held: Held): Columns {
    const { best } = found;
    const out = { ...empty(), ...this.ends(found, held) };
    if (best < 0) {
      return out;
    }
    const { k, value, low, high } = this.models[best];
    const { size } = this.options.models[best];
    return {
      ...out,
      'cov-advised': { xs: [k], ys: [value], size: [size] },
      'cov-advised-band': {
        xs: [Float64Array.from([...k, ...Array.from(k).reverse()])],
        ys: [Float64Array.from([...low, ...Array.from(high).reverse()])],
        size: [size]
      },
      ...this.verified(found, held, best),
      ...this.bought(found, held, best),
      ...this.saturation(found, held, best)
    };
  }

  private verified(found: Menu, held: Held, best: number): Columns {
    const { counts, options } = this;
    const rates = ratesOf(held);
    const { k, value, low, high } = this.models[best];
    const [left, right] = options.range;
    const far = Array.from(geomspace(k[k.length - 1], right, BEYOND_POINTS)).slice(1);
    const beyond = far
      .map(x => [x, counts.mean(best, Math.floor(x + 0.5), rates)])
      .filter(([, y]) => Number.isFinite(y));
    const out: Columns = {
      'cov-verified-beyond': { x: beyond.map(one => one[0]), y: beyond.map(one => one[1]) }
    };
    if (rates === null) {
      return { ...out, 'cov-verified': { x: k, y: value }, 'cov-verified-band': { x: k, low, high } };
    }
    const each = Array.from(k, x => counts.each(best, x, rates));
    const inBands = Math.min(IN_BANDS, counts.resamples);
    const rows = each.map(values => ends(counts.resampled(values, inBands), options.level));
    const ceiling = found.ceiling[best];
    const note = ceiling >= 0.13 * options.top && ceiling <= 0.93 * options.top;
    return {
      ...out,
      'cov-verified': { x: k, y: each.map(average) },
      'cov-verified-band': { x: k, low: rows.map(row => row[0]), high: rows.map(row => row[1]) },
      'cov-ceiling': { x: [left, right], y: [ceiling, ceiling] },
      'cov-ceiling-label': {
        x: [left],
        y: [ceiling],
        text: [`Ceiling ${share(ceiling)}`],
        dy: [ceiling > 0.93 * options.top ? 11 : -10]
      },
      'cov-ceiling-note': note ? { x: [left], y: [ceiling], text: ['at any budget'] } : { x: [], y: [], text: [] }
    };
  }

  private bought(found: Menu, held: Held, best: number): Columns {
    const { counts, options } = this;
    const [left, right] = options.range;
    const rings = found.samples
      .map((k, m) => (k > 0 ? [k, counts.mean(m, k, null)] : [NaN, NaN]))
      .filter(([x, y]) => Number.isFinite(y) && x <= right)
      .sort((a, b) => a[0] - b[0]);
    const out: Columns = { 'cov-rings': { x: rings.map(one => one[0]), y: rings.map(one => one[1]) } };
    const k = found.samples[best];
    if (k > right) {
      return out;
    }
    const heights = counts.least.map((_, m) => counts.mean(m, k, null)).map(y => (Number.isFinite(y) ? y : 0));
    const highest = Math.max(...heights) / options.top;
    const above = highest < 0.72;
    const at = (above ? Math.max(highest, 0.3) + 0.13 : Math.max(0.2, 0.45 * found.solved[best])) * options.top;
    // Left of the mark the curves are lower, and below them there is room at its right.
    const room = above && Math.log(k / left) > 0.3 * Math.log(right / left);
    const place = { x: [k], y: [at], align: [room ? 'right' : 'left'], dx: [room ? 4 : above ? -4 : 7] };
    const [amount, of] = budgetWords(held);
    return {
      ...out,
      'cov-answer': { x: [k], y: [found.solved[best]] },
      'cov-buys-line': { x: [k], y: [counts.mean(best, k, null)], y1: [at] },
      'cov-buys': { ...place, text: [`What ${amount}`] },
      'cov-buys-note': { ...place, text: [`${of} buys from each`] }
    };
  }

  private saturation(found: Menu, held: Held, best: number): Columns {
    const at = found.saturation;
    if (!(at >= 1)) {
      return {};
    }
    const { options } = this;
    const [left, right] = options.range;
    const height = this.counts.mean(best, at, ratesOf(held));
    const known = Number.isFinite(found.saturationLow);
    // Above the curve where that lies too low for words below it.
    const lift = height < 0.17 * options.top ? height + 0.025 * options.top : 0;
    const away = Math.log(at / left) > 0.55 * Math.log(right / left);
    const place = { x: [at], align: [away ? 'right' : 'left'], dx: [away ? -8 : 8] };
    const words = known ? `[${plain(found.saturationLow)}, ${plain(found.saturationHigh)}], ` : '';
    return {
      'cov-saturation': { x: [at], y: [height] },
      'cov-saturation-drop': { x: [at], y: [0], y1: [height] },
      'cov-saturation-bar': known
        ? { x: [Math.max(found.saturationLow, left)], y: [0], x1: [found.saturationHigh] }
        : { x: [], y: [], x1: [] },
      'cov-saturation-label': { ...place, y: [lift + 0.072 * options.top], text: [`Saturates at ${samplesWords(at)}`] },
      'cov-saturation-note': {
        ...place,
        y: [lift + 0.03 * options.top],
        text: [`${words}the next earns less than it costs`]
      }
    };
  }

  /** Names at the right end of the curves. */
  private ends(found: Menu, held: Held): Columns {
    const { counts, options } = this;
    const { best } = found;
    const rates = ratesOf(held);
    const [, right] = options.range;
    const rows = this.models.map((one, m) => {
      const last = one.k.length - 1;
      return {
        text: options.models[m].label,
        value: share(one.value[last]),
        range: between(one.low[last], one.high[last]),
        height: one.end
      };
    });
    const models = rows.length;
    if (best >= 0 && rates !== null) {
      const { k } = this.models[best];
      const last = counts.each(best, k[k.length - 1], rates);
      const far = counts.mean(best, Math.floor(right), rates);
      const [low, high] = ends(counts.resampled(last), options.level);
      rows.push({
        text: 'verified',
        value: share(average(last)),
        range: between(low, high),
        height: Number.isFinite(far) ? far : average(last)
      });
    }
    const perPixel = options.top / options.pixels;
    const pixels = rows.map(row => -row.height / perPixel);
    let moved = apart(pixels, NAME_ROOM);
    const over = Math.max(...pixels.map((p, i) => p + moved[i])) + 4;
    moved = moved.map(d => d - Math.max(over, 0));
    const part = (kept: (place: number) => boolean) => {
      const places = rows.map((_, i) => i).filter(kept);
      return {
        x: places.map(() => right),
        y: places.map(i => rows[i].height),
        dy: places.map(i => moved[i]),
        text: places.map(i => rows[i].text),
        value: places.map(i => rows[i].value),
        range: places.map(i => rows[i].range)
      };
    };
    return {
      'cov-dots': {
        x: options.models.map(() => right),
        y: rows.slice(0, models).map((row, i) => row.height - moved[i] * perPixel),
        size: options.models.map(one => one.size)
      },
      'cov-names': part(i => i < models && i !== best),
      'cov-name-advised': part(i => i === best),
      'cov-name-verified': part(i => i >= models)
    };
  }
}

function plain(value: number): string {
  return samplesWords(value).split(' ')[0];
}

/** Pixels by which labels at these heights move so that each has room. */
export function apart(at: readonly number[], room: number): number[] {
  const order = at.map((_, i) => i).sort((a, b) => at[a] - at[b] || a - b);
  const placed: number[] = [];
  order.forEach((i, j) => placed.push(j === 0 ? at[i] : Math.max(at[i], placed[j - 1] + room)));
  let shift = 0;
  if (placed.length > 1) {
    order.forEach((i, j) => (shift += placed[j] - at[i]));
    shift /= placed.length;
  }
  const moved = new Array<number>(at.length).fill(0);
  order.forEach((i, j) => (moved[i] = placed[j] - shift - at[i]));
  return moved;
}

function empty(): Columns {
  const line = () => ({ x: [], y: [] });
  const said = () => ({ x: [], y: [], text: [] });
  const placed = () => ({ ...said(), align: [], dx: [] });
  return {
    'cov-advised': { xs: [], ys: [], size: [] },
    'cov-advised-band': { xs: [], ys: [], size: [] },
    'cov-verified': line(),
    'cov-verified-beyond': line(),
    'cov-verified-band': { x: [], low: [], high: [] },
    'cov-ceiling': line(),
    'cov-ceiling-label': { ...said(), dy: [] },
    'cov-ceiling-note': said(),
    'cov-rings': line(),
    'cov-answer': line(),
    'cov-buys-line': { x: [], y: [], y1: [] },
    'cov-buys': placed(),
    'cov-buys-note': placed(),
    'cov-saturation': line(),
    'cov-saturation-drop': { x: [], y: [], y1: [] },
    'cov-saturation-bar': { x: [], y: [], x1: [] },
    'cov-saturation-label': placed(),
    'cov-saturation-note': placed()
  };
}
