/**
 * `law-curves`: curves, bands and the answer follow the target and the coefficients while a slider moves.
 *
 * The twin of `figures/lawfitter.py`, which draws the first picture. Names of sources are the contract.
 */

import { formatInterval, formatQuantity } from '../frame/format.js';
import type { Behaviour, Context } from './index.js';
import { Following } from './frames.js';
import { LawCurve, heldCoefficients, movedByHand, type Band, type LawOptions } from './law.js';
import { geomspace } from './numbers.js';

export interface CurveOptions extends LawOptions {
  fit: Record<string, number>;
  sizes: number[];
  x: [number, number];
  y: [number, number];
  inside: number;
  level: number;
  curvePoints: number;
  bandPoints: number;
}

/** What the target's sources hold, by source name. */
export type Columns = Record<string, Record<string, ArrayLike<number | string>>>;

export interface Answer {
  columns: Columns;
  ranges: Record<string, [number, number]>;
  values: Record<string, number | string | boolean>;
}

interface Cloud {
  draws: Record<string, Float64Array>;
  noise: Float64Array;
}

/** Everything that depends on the target, computed without a page: tested in node. */
export class TargetModel {
  readonly law: LawCurve;
  private bandKey = '';
  private cached: { flops: Float64Array; band: Band } | null = null;

  constructor(
    private readonly options: CurveOptions,
    private readonly cloud: Cloud
  ) {
    this.law = new LawCurve(options);
  }

  answer(params: number, tokens: number, held: Record<string, number>): Answer {
    const { options, law } = this;
    const flops = options.flopsPerParamToken * params * tokens;
    const last = Math.max(options.x[1], 10 ** Math.ceil(Math.log10(3 * flops)));
    const first = Math.min(options.x[0], 10 ** Math.floor(Math.log10(flops / 3)));
    const start = this.start(params, first, last, held);
    const middle = Math.min(Math.max(options.inside, start), last);
    const loss = law.at(params, flops, held);
    const fitLoss = law.at(params, flops, options.fit);
    const point = law.band(params, Float64Array.of(flops), this.cloud.draws, this.cloud.noise, options.level);
    const [low, high, runLow, runHigh] = [point.low[0], point.high[0], point.runLow[0], point.runHigh[0]];
    const { flops: x, band } = this.band(params, Math.min(start, flops), last);
    const inside = geomspace(start, middle, options.curvePoints);
    const outside = geomspace(middle, last, options.curvePoints);
    const [bottom, top] = options.y;
    const climb = (share: number) => (top / bottom) ** share;
    const decades = Math.log10(flops / options.inside);
    const far = decades > 0.02;
    const hand = movedByHand(held, options.fit);
    const arrow = bottom * climb(0.025);
    const columns: Columns = {
      'target-curve': { x: inside, y: law.curve(params, inside, held) },
      'target-beyond': { x: outside, y: law.curve(params, outside, held) },
      band: { x, low: band.low, high: band.high },
      'run-band': { x, low: band.runLow, high: band.runHigh },
      target: {
        x: [flops],
        y: [loss],
        low: [low],
        high: [high],
        run_low: [runLow],
        run_high: [runHigh],
        floor: [bottom]
      },
      'target-label': {
        x: [flops],
        y: [loss * climb(0.09)],
        text: ['Your target'],
        detail: [
          hand
            ? `${formatQuantity(loss, 'loss')} by hand`
            : `${formatQuantity(loss, 'loss')} ${formatInterval(low, high, 'loss')}`
        ]
      },
      'size-name': { x: [start], y: [law.at(params, start, held)], text: [formatQuantity(params, 'params')] },
      reach: far ? { x: [options.inside], x1: [flops], y: [arrow] } : { x: [], x1: [], y: [] },
      'reach-ends': far
        ? { x: [options.inside, flops], y: [arrow, arrow], angle: [Math.PI / 2, -Math.PI / 2] }
        : { x: [], y: [], angle: [] },
      'reach-label': far
        ? { x: [Math.sqrt(options.inside * flops)], y: [arrow], text: [`${decades.toFixed(1)} decades`] }
        : { x: [], y: [], text: [] }
    };
    return {
      columns,
      ranges: { 'main-x': [first, last], ...this.insetRanges(params, flops, last) },
      values: {
        'answer.variant': hand ? 'hand' : 'fit',
        'answer.loss': loss,
        'answer.fit_loss': fitLoss,
        'answer.low': low,
        'answer.high': high,
        'answer.run_low': runLow,
        'answer.run_high': runHigh,
        'answer.flops': flops,
        'answer.times': flops / options.inside,
        'answer.decades': decades,
        'answer.decades_words': decades.toFixed(1),
        'answer.beyond': far
      }
    };
  }

  /** The bands move with the size and the ends of the picture alone: tokens and coefficients leave them. */
  private band(params: number, start: number, last: number): { flops: Float64Array; band: Band } {
    const key = `${params}|${start}|${last}`;
    if (this.cached === null || key !== this.bandKey) {
      const { draws, noise } = this.cloud;
      const flops = geomspace(start, last, this.options.bandPoints);
      this.cached = { flops, band: this.law.band(params, flops, draws, noise, this.options.level) };
      this.bandKey = key;
    }
    return this.cached;
  }

  /** Where the target's curve enters the picture from above. */
  private start(params: number, first: number, last: number, held: Record<string, number>): number {
    const x = geomspace(first, last, 240);
    const y = this.law.curve(params, x, held);
    const limit = this.options.y[0] * (this.options.y[1] / this.options.y[0]) ** 0.62;
    const i = y.findIndex(value => value <= limit);
    return i < 0 ? first : x[i];
  }

  private insetRanges(params: number, flops: number, last: number): Record<string, [number, number]> {
    const { inside, level } = this.options;
    const left = Math.min(inside, flops) / 3.5;
    const right = Math.min(Math.max(inside, flops) * 10, last);
    const ends = this.law.band(params, Float64Array.of(left, right), this.cloud.draws, this.cloud.noise, level);
    const bottom = ends.runLow[1];
    const top = ends.runHigh[0];
    const pad = 0.08 * (top - bottom);
    return { 'inset-x': [left, right], 'inset-y': [bottom - pad, top + pad] };
  }
}

function modelOf(options: CurveOptions, arrays: Context['arrays']): TargetModel {
  const draws = Object.fromEntries(options.coefficients.map(name => [name, arrays[`draws.${name}`]]));
  return new TargetModel(options, { draws, noise: arrays.noise });
}

/** Whether columns are what they were: what does not change need not be drawn again. */
function same(old: Record<string, ArrayLike<unknown>>, fresh: Record<string, ArrayLike<unknown>>): boolean {
  const names = Object.keys(fresh);
  return (
    names.length === Object.keys(old).length &&
    names.every(name => {
      const [a, b] = [old[name], fresh[name]];
      if (a === undefined || a.length !== b.length) {
        return false;
      }
      for (let i = 0; i < b.length; i++) {
        if (!Object.is(a[i], b[i])) {
          return false;
        }
      }
      return true;
    })
  );
}

export function startLawCurves(first: CurveOptions, { store, view, arrays }: Context): Behaviour {
  let options = first;
  let model = modelOf(options, arrays);
  let lastHeld = JSON.stringify(options.fit);

  function sizeCurves(held: Record<string, number>): void {
    for (const name of ['size-curves', 'size-beyond']) {
      const source = view.byName(name);
      if (source) {
        const xs: ArrayLike<number>[] = Array.from(source.data.xs);
        const sizes: number[] = Array.from(source.data.params as ArrayLike<number>);
        const ys = xs.map((x, i) => model.law.curve(sizes[i], Float64Array.from(x), held));
        source.data = { ...source.data, ys };
      }
    }
    const labels = view.byName('size-labels');
    if (labels) {
      const x: number[] = Array.from(labels.data.x as ArrayLike<number>);
      const [bottom, top] = options.y;
      // The sizes that are drawn: a refit may know of others, which come with the next picture.
      const sizes: number[] = Array.from(view.byName('size-curves')?.data.params ?? options.sizes);
      const ends = x.map((c, i) => model.law.at(sizes[i], c, held));
      labels.data = { ...labels.data, y: ends.map(y => (y > bottom && y < top ? y : NaN)) };
    }
  }

  function update(): void {
    const params = store.number('target.params');
    const tokens = store.number('target.tokens');
    const held = heldCoefficients(store, options.coefficients);
    if (!(params > 0) || !(tokens > 0) || Object.values(held).some(v => !Number.isFinite(v))) {
      return;
    }
    const { columns, ranges, values } = model.answer(params, tokens, held);
    view.local(() => {
      for (const [name, data] of Object.entries(columns)) {
        const source = view.byName(name);
        if (source && !same(source.data, data)) {
          source.data = data;
        }
      }
      for (const [name, [start, end]] of Object.entries(ranges)) {
        const range = view.byName(name);
        if (range && (range.start !== start || range.end !== end)) {
          range.setv({ start, end });
        }
      }
      const key = JSON.stringify(held);
      if (key !== lastHeld) {
        lastHeld = key;
        sizeCurves(held);
      }
    });
    store.set(values, 'behaviour');
  }

  const frame = new Following(store, /^(coef|target)\./, update);
  // A view that opens late, or on a saved state, starts from what the controls hold.
  frame.ask();
  return {
    renew(fresh, newest) {
      options = fresh as unknown as CurveOptions;
      model = modelOf(options, newest);
      frame.cancel();
      update();
    },
    dispose() {
      frame.stop();
    }
  };
}
