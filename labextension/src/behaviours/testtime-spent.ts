/** What accuracy costs, from the samples themselves: the twin of `figures/testtime/spent.py`. */

import { formatQuantity } from '../frame/format.js';
import { geomspace } from './numbers.js';
import { average, ends, IN_BANDS, type Counts } from './testtime-counts.js';
import { budgetOf, costsOf, ratesOf, type Facts, type Held } from './testtime-held.js';
import type { Columns } from './testtime-map.js';
import type { Menu } from './testtime-menu.js';

const TITLES: Readonly<Record<string, string>> = {
  dollars: 'Dollars per 1,000 problems',
  tokens: 'Tokens per problem',
  seconds: 'GPU-seconds per problem'
};

const MIX_POINTS = 24;
const MOST_PRODUCTS = 40_000_000;
const FEWEST_DRAWN = 100;
/** Shares closer than this are the same. */
const SAME = 1e-10;
/** Size of the frame, about, and pixels between names. */
const PLOT = [350, 388];
const APART = [96, 30];

export interface Spent {
  columns: Columns;
  range: [number, number];
  ticks: Record<string, string>;
  title: string;
}

type Point = readonly [x: number, y: number, model: number, place: number];

/** Curves against cost: what a verifier changes is kept while only budget and prices move. */
export class Spending {
  private drawn: { key: string; value: number[]; rows: Float64Array[] } | null = null;

  /** `grids` are the numbers of samples at which the curve of each model is drawn; `top` ends its axis. */
  constructor(
    private readonly counts: Counts,
    private readonly grids: readonly Float64Array[],
    private readonly facts: Facts,
    private readonly top: number
  ) {}

  at(found: Menu, held: Held): Spent {
    const { counts, grids, facts } = this;
    const scale = held.unit === 'dollars' ? 1000 : 1;
    const each = costsOf(held, held.unit, facts).map(cost => cost * scale);
    const { value, rows } = this.solved(held);
    const xs = grids.map((k, m) => k.map(x => x * each[m]));
    const points: Point[] = [];
    const ys = xs.map((row, m) =>
      row.map(x => {
        const place = points.length;
        points.push([x, value[place], m, place]);
        return value[place];
      })
    );
    const sorted = [...points].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    let most = -Infinity;
    const front = sorted.filter(([, y]) => {
      const better = y > most + SAME;
      most = better ? y : most;
      return better;
    });
    const bands = front.map(one => ends(rows[one[3]], facts.level));
    const { best } = found;
    const seen = best >= 0;
    const left = Math.min(...each) / 1.5;
    const right = Math.max(...each.map((cost, m) => cost * counts.least[m])) * 1.5;
    const x = front.map(one => one[0]);
    return {
      columns: {
        'spent-curves': { xs, ys, size: facts.models.map(one => one.size) },
        'spent-front': { x, y: front.map(one => one[1]) },
        'spent-band': { x, low: bands.map(one => one[0]), high: bands.map(one => one[1]) },
        'spent-mix': mixesOf(front),
        'spent-budget': { x: [budgetOf(held) * scale], y: [0], y1: [Math.max(...value)], text: ['budget'] },
        'spent-answer': {
          x: seen ? [found.samples[best] * each[best]] : [],
          y: seen ? [found.solved[best]] : []
        },
        ...this.named(front, bands, stayOf(sorted, rows), [left, right])
      },
      range: [left, right],
      ticks: ticksOf(held.unit, left, right),
      title: TITLES[held.unit] ?? ''
    };
  }

  /** Share solved at every point of every curve, and in resamples of the problems. */
  private solved(held: Held): { value: number[]; rows: Float64Array[] } {
    const rates = ratesOf(held);
    const key = String(rates);
    if (this.drawn?.key !== key) {
      const { counts, grids } = this;
      const each = grids.flatMap((ks, m) => Array.from(ks, k => counts.each(m, k, rates)));
      const most = Math.max(FEWEST_DRAWN, Math.floor(MOST_PRODUCTS / (each.length * counts.problems)));
      const count = Math.min(IN_BANDS, counts.resamples, most);
      this.drawn = { key, value: each.map(average), rows: each.map(one => counts.resampled(one, count)) };
    }
    return this.drawn;
  }

  /** The model of each part of the frontier at its middle, and how often that point stays on it. */
  private named(
    front: readonly Point[],
    bands: readonly [number, number][],
    stay: Float64Array,
    [left, right]: [number, number]
  ): Columns {
    const marks = { x: [] as number[], y: [] as number[], low: [] as number[], high: [] as number[] };
    const names = { x: [] as number[], y: [] as number[], text: [] as string[] };
    const said: string[] = [];
    let last = [-Infinity, -Infinity];
    let begin = 0;
    for (let i = 1; i <= front.length; i++) {
      if (i < front.length && front[i][2] === front[begin][2]) {
        continue;
      }
      if (i - begin > 2) {
        const at = Math.floor((begin + i) / 2);
        const [x, y, model, place] = front[at];
        marks.x.push(x);
        marks.y.push(y);
        marks.low.push(bands[at][0]);
        marks.high.push(bands[at][1]);
        const px = (Math.log(x / left) / Math.log(right / left)) * PLOT[0];
        const py = (y / this.top) * PLOT[1];
        if (px - last[0] > APART[0] || py - last[1] > APART[1]) {
          last = [px, py];
          names.x.push(x);
          names.y.push(y);
          names.text.push(this.facts.models[model].label);
          said.push(`frontier in ${formatQuantity(stay[place], 'percent', 2)}`);
        }
      }
      begin = i;
    }
    return { 'spent-marks': marks, 'spent-names': names, 'spent-shares': { ...names, text: said } };
  }
}

/** Share of the resamples in which each point, by its place, is beaten by none that costs no more. */
function stayOf(sorted: readonly Point[], rows: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(rows.length);
  const count = rows[0].length;
  for (let r = 0; r < count; r++) {
    let before = -1;
    for (let begin = 0; begin < sorted.length; ) {
      let end = begin;
      let top = -1;
      for (; end < sorted.length && sorted[end][0] === sorted[begin][0]; end++) {
        top = Math.max(top, rows[sorted[end][3]][r]);
      }
      for (; begin < end; begin++) {
        const value = rows[sorted[begin][3]][r];
        if (value >= top - SAME && value > before + SAME) {
          out[sorted[begin][3]] += 1 / count;
        }
      }
      before = Math.max(before, top);
    }
  }
  return out;
}

/** What sending a share of the problems to each of two points reaches, where it beats the points between. */
function mixesOf(front: readonly Point[]): Columns[string] {
  const hull: number[] = [];
  front.forEach(([x, y], place) => {
    while (hull.length > 1) {
      const [a, b] = [front[hull[hull.length - 2]], front[hull[hull.length - 1]]];
      if ((b[1] - a[1]) * (x - a[0]) > (y - a[1]) * (b[0] - a[0])) {
        break;
      }
      hull.pop();
    }
    hull.push(place);
  });
  const xs: Float64Array[] = [];
  const ys: Float64Array[] = [];
  for (let i = 1; i < hull.length; i++) {
    const [a, b] = [front[hull[i - 1]], front[hull[i]]];
    if (hull[i] - hull[i - 1] > 1 || a[2] !== b[2]) {
      const cost = geomspace(a[0], b[0], MIX_POINTS);
      xs.push(cost);
      ys.push(cost.map(x => a[1] + ((x - a[0]) / (b[0] - a[0])) * (b[1] - a[1])));
    }
  }
  return { xs, ys };
}

function ticksOf(unit: string, left: number, right: number): Record<string, string> {
  const first = Math.ceil(Math.log10(left));
  const last = Math.floor(Math.log10(right));
  const every = Math.max(1, Math.ceil((last - first + 1) / 5));
  const kind = unit === 'dollars' || unit === 'tokens' ? unit : 'plain';
  const out: Record<string, string> = {};
  for (let power = first; power <= last; power += every) {
    const at = Number(`1e${power}`);
    out[String(at)] = formatQuantity(at, kind, 1);
  }
  return out;
}
