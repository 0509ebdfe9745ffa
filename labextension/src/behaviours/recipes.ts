/**
 * `recipes`: the verdict on two recipes follows the budget while a slider moves.
 *
 * The twin of `figures/recipes/columns.py`, which draws the first picture. Names of sources are the contract.
 */

import type { Behaviour, Context } from './index.js';
import { bandOf, bestLoss, Pair, type BestLoss, type CurveKind, type Spread } from './best-loss.js';
import { Following } from './frames.js';
import { geomspace } from './numbers.js';
import { between, decide, losses, percent, signed, times, type Facts, type Verdict } from './recipe-verdict.js';
import { compute } from './spending.js';

export interface RecipeOptions extends Facts {
  curves: CurveKind[];
  others: [CurveKind, CurveKind][];
  paired: boolean;
  x: [number, number];
  y: [number, number];
  /** Points of a curve. */
  points: number;
  /** What stands on an axis for a match that no compute reaches. */
  far: number;
  /** Ends of the axis of multiples. */
  worth: [number, number];
  /** Ends of the axis of differences. */
  gap: [number, number];
  judgedEdge: number;
}

type Columns = Record<string, Record<string, ArrayLike<number | string>>>;
type Side = ['left' | 'right', number];

/** Everything that follows the budget, computed without a page: tested in node. */
export class RecipeModel {
  readonly curves: BestLoss[];
  readonly twins: Pair;
  readonly others: Pair[];
  private readonly worths = new Map<string, Columns>();

  constructor(
    readonly options: RecipeOptions,
    arrays: Readonly<Record<string, ArrayLike<number>>>
  ) {
    const { pair, level } = options;
    this.curves = options.curves.map((about, i) => bestLoss(about, arrays[`curve.${i}`]));
    this.twins = new Pair(this.curves[pair[0]], this.curves[pair[1]], arrays.order, level);
    this.others = options.others.map(([a, b], k) => {
      // They travel side by side: the order is that of the rows.
      const inStep = Float64Array.from({ length: a.rows - 1 }, (_, r) => r);
      return new Pair(bestLoss(a, arrays[`other.${k}.a`]), bestLoss(b, arrays[`other.${k}.b`]), inStep, level);
    });
  }

  verdict(budget: number, spending: { unit: string; utilisation: number; price: number }): Verdict {
    return decide(this.options, this.curves, this.twins, this.others, budget, spending);
  }

  /** Sources that follow the budget. */
  columns(budget: number, verdict: Verdict): Columns {
    const { options } = this;
    const [bottom, top] = options.y;
    const best = Math.min(...options.pair.map(i => verdict.bands[i].value));
    const said = options.names.map((name, i) => `${name} ${losses(verdict.bands[i])}`);
    const count = said.length;
    const labelY = Math.min(best * (top / bottom) ** 0.2, top);
    const main = this.side(budget, 0.72);
    const small = this.side(budget, 0.7);
    const { gap, worth } = verdict;
    const [low, high] = options.worth;
    const worthY = Math.min(Math.max(worth.value, low), high);
    const chance = 100 * verdict.chance;
    const winner = options.names[options.pair[verdict.aWins ? 0 : 1]];
    const far = (value: number) => Math.min(value, options.far);
    return {
      answer: { x: [budget], y: [best], floor: [bottom], label: [labelY] },
      'answer-head': { ...label(budget, labelY, [`Your budget, ${compute(budget)}`], main), dy: [-15 * count] },
      'answer-lines': { ...label(budget, labelY, said, main), dy: said.map((_, k) => -15 * (count - 1 - k)) },
      'chance-answer': { x: [budget], y: [chance] },
      'chance-head': label(budget, chance, [percent(verdict.share)], small),
      'chance-lines': label(budget, chance, [`${winner} at your budget`], small),
      'gap-answer': { x: [budget], y: [gap.value], low: [gap.low], high: [gap.high] },
      'gap-ends': beyondAxis(budget, gap, options.gap),
      'gap-head': label(budget, gap.value, [signed(gap.value)], small),
      'gap-lines': label(budget, gap.value, [`[${signed(gap.low)}, ${signed(gap.high)}]`], small),
      'worth-answer': { x: [budget], y: [far(worth.value)], low: [far(worth.low)], high: [far(worth.high)] },
      'worth-ends': beyondAxis(budget, worth, options.worth),
      'worth-head': label(budget, worthY, [times(worth.value)], small),
      'worth-lines': label(budget, worthY, [between(worth).trim()], small),
      ...this.judged(verdict)
    };
  }

  /** What the better recipe is worth over compute; it changes only with who is better. */
  worth(ofA: boolean, x: readonly [number, number]): Columns {
    const key = `${ofA}|${x[0]}|${x[1]}`;
    let known = this.worths.get(key);
    if (known === undefined) {
      const flops = geomspace(x[0], x[1], this.options.points);
      const spreads = Array.from(flops, c => this.twins.worth(c, ofA));
      const cut = (pick: (s: Spread) => number) => Float64Array.from(spreads, s => Math.min(pick(s), this.options.far));
      const value = cut(s => s.value);
      known = {
        'worth-inside': part(flops, value, true, this.options.edge, true),
        'worth-beyond': part(flops, value, false, this.options.edge, true),
        'worth-band': { x: flops, low: cut(s => s.low), high: cut(s => s.high) }
      };
      this.worths.set(key, known);
    }
    return known;
  }

  /** The curves over a wider picture: a budget typed beyond it must be seen. */
  standing(x: readonly [number, number]): Columns {
    const { options } = this;
    const flops = geomspace(x[0], x[1], options.points);
    const out: Columns = {};
    this.curves.forEach((curve, i) => {
      const spreads = Array.from(flops, c => bandOf(curve, c, this.twins.rows, options.level));
      const value = Float64Array.from(spreads, s => s.value);
      out[`inside-${i}`] = part(flops, value, true, options.edge, true);
      out[`beyond-${i}`] = part(flops, value, false, options.edge, true);
      out[`band-${i}`] = {
        x: flops,
        low: Float64Array.from(spreads, s => s.low),
        high: Float64Array.from(spreads, s => s.high)
      };
      out[`end-${i}`] = { x: [x[1]], y: [value[value.length - 1]], text: [options.names[i]], dy: [0] };
    });
    const moved = apart(
      this.curves.map((_, i) => (-Math.log(Number(out[`end-${i}`].y[0])) * 350) / Math.log(options.y[1] / options.y[0])),
      17
    );
    moved.forEach((dy, i) => {
      out[`end-${i}`] = { ...out[`end-${i}`], dy: [dy] };
    });
    const share = Float64Array.from(flops, c => 100 * this.twins.probability(c));
    const drawn = share.map(v => (Number.isNaN(v) ? 0 : v));
    out.chance = { x: flops, y: share };
    out['chance-a'] = { x: flops, low: new Float64Array(flops.length), high: drawn };
    out['chance-b'] = { x: flops, low: drawn, high: new Float64Array(flops.length).fill(100) };
    const gaps = Array.from(flops, c => this.twins.difference(c));
    const gap = Float64Array.from(gaps, s => s.value);
    out['gap-inside'] = part(flops, gap, true, options.edge, false);
    out['gap-beyond'] = part(flops, gap, false, options.edge, false);
    out['gap-band'] = {
      x: flops,
      low: Float64Array.from(gaps, s => s.low),
      high: Float64Array.from(gaps, s => s.high)
    };
    return out;
  }

  private judged(verdict: Verdict): Columns {
    const { names, pair, judgedEdge } = this.options;
    const [a, b] = pair.map(i => names[i]);
    const who = (gap: number, chance: number) => {
      if (Number.isNaN(chance)) {
        return gap <= 0 ? a : b;
      }
      return chance >= 0.5 ? `${a} ${percent(chance)}` : `${b} ${percent(1 - chance)}`;
    };
    const columns = (rows: { gap: Spread; chance: number; y: number }[]) => ({
      x: rows.map(r => r.gap.value),
      low: rows.map(r => r.gap.low),
      high: rows.map(r => r.gap.high),
      y: rows.map(r => r.y),
      text: rows.map(r => who(r.gap.value, r.chance)),
      edge: rows.map(() => judgedEdge)
    });
    const rows = verdict.others.map((other, k) => ({ ...other, y: -(k + 1) }));
    return {
      'judged-answer': columns([{ gap: verdict.gap, chance: verdict.chance, y: 0 }]),
      'judged-a': columns(rows.filter(r => r.chance >= 0.5)),
      'judged-b': columns(rows.filter(r => !(r.chance >= 0.5)))
    };
  }

  /** On which side of a mark its label has room. */
  private side(budget: number, share: number): Side {
    const [low, high] = this.options.x;
    return Math.log(budget / low) / Math.log(high / low) < share ? ['left', 12] : ['right', -12];
  }
}

function label(x: number, y: number, text: string[], [align, dx]: Side): Record<string, (number | string)[]> {
  const n = text.length;
  return {
    x: new Array<number>(n).fill(x),
    y: new Array<number>(n).fill(y),
    text,
    align: new Array<string>(n).fill(align),
    dx: new Array<number>(n).fill(dx)
  };
}

/** Arrows where an interval leaves the axis: it is never cut in silence. */
function beyondAxis(x: number, { low, high }: Spread, [bottom, top]: [number, number]): Record<string, number[]> {
  const heads: [number, number][] = [];
  if (high > top) {
    heads.push([top, 0]);
  }
  if (low < bottom) {
    heads.push([bottom, Math.PI]);
  }
  return { x: heads.map(() => x), y: heads.map(([y]) => y), angle: heads.map(([, angle]) => angle) };
}

/** The part of a curve on one side of the edge, the edge itself included, so that both parts meet. */
function part(
  x: Float64Array,
  y: Float64Array,
  inside: boolean,
  edge: number,
  log: boolean
): { x: number[]; y: number[] } {
  const keep = Array.from(x.keys()).filter(i => x[i] <= edge === inside);
  const right = Math.min(x.length - 1, Math.max(1, x.findIndex(c => c > edge)));
  const t = Math.log(edge / x[right - 1]) / Math.log(x[right] / x[right - 1]);
  const [from, to] = [y[right - 1], y[right]];
  const there = log ? from ** (1 - t) * to ** t : from + t * (to - from);
  const xs = keep.map(i => x[i]);
  const ys = keep.map(i => y[i]);
  return inside ? { x: [...xs, edge], y: [...ys, there] } : { x: [edge, ...xs], y: [there, ...ys] };
}

/** Pixels by which labels at these heights move so that each has room. */
export function apart(at: readonly number[], room: number): number[] {
  const order = Array.from(at.keys()).sort((i, j) => at[i] - at[j]);
  const placed = [...at];
  order.forEach((i, k) => {
    if (k > 0) {
      placed[i] = Math.max(at[i], placed[order[k - 1]] + room);
    }
  });
  const shift = placed.reduce((sum, place, i) => sum + place - at[i], 0) / Math.max(1, at.length);
  return placed.map((place, i) => place - at[i] - (at.length > 1 ? shift : 0));
}

export function startRecipes(options: RecipeOptions, { store, view, arrays }: Context): Behaviour {
  const model = new RecipeModel(options, arrays);
  let seen: [number, number] = [...options.x];
  let ofA: boolean | null = null;

  /** Whole decades around the budget, never less than the figure was drawn with. */
  function widened(budget: number): [number, number] {
    const low = Math.min(options.x[0], budget / 2);
    const high = budget > options.x[1] ? 10 ** Math.ceil(Math.log10(budget * 3)) : options.x[1];
    return [low, high];
  }

  function draw(columns: Columns): void {
    for (const [name, data] of Object.entries(columns)) {
      const source = view.byName(name);
      if (source) {
        source.data = data;
      }
    }
  }

  function update(): void {
    const budget = store.number('budget.flops');
    const utilisation = store.number('hardware.utilisation');
    const price = store.number('hardware.price');
    if (!(budget > 0) || !(utilisation > 0) || !(price > 0)) {
      return;
    }
    const verdict = model.verdict(budget, { unit: String(store.get('budget.unit')), utilisation, price });
    const x = widened(budget);
    view.local(() => {
      if (x[0] !== seen[0] || x[1] !== seen[1]) {
        draw(model.standing(x));
        for (const name of ['main-x', 'chance-x', 'gap-x', 'worth-x']) {
          view.byName(name)?.setv({ start: x[0], end: x[1] });
        }
      }
      if (ofA !== verdict.aWins || x[0] !== seen[0] || x[1] !== seen[1]) {
        draw(model.worth(verdict.aWins, x));
        ofA = verdict.aWins;
      }
      seen = x;
      draw(model.columns(budget, verdict));
    });
    store.set(verdict.values, 'behaviour');
  }

  const frame = new Following(store, /^(budget|hardware)\./, update);
  frame.ask();
  return {
    dispose() {
      frame.stop();
    }
  };
}
