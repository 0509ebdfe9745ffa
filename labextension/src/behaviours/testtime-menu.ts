/** Which model, how many samples: the twin of `menu` in `testtime/menu.py`. */

import { geomspace, quantiles } from './numbers.js';
import { average, ends, IN_BANDS, type Counts, type Verifier } from './testtime-counts.js';

const MOST_SAMPLES = 10_000_000;
const SEARCHED: [number, number] = [1e-6, 1];
const SEARCH_POINTS = 73;
const BUDGET_POINTS = 49;
const AROUND = 4;
const AROUND_POINTS = 17;

export interface Menu {
  samples: number[];
  solved: number[];
  low: number[];
  high: number[];
  ceiling: number[];
  probability: number[];
  fitted: boolean[];
  /** Places, best first. */
  order: number[];
  best: number;
  saturation: number;
  saturationLow: number;
  saturationHigh: number;
  change: [number, number] | null;
  /** Resamples behind the intervals. */
  rows: number;
}

export function bought(budget: number, cost: number): number {
  return Math.min(Math.floor((budget / cost) * (1 + 1e-12)), MOST_SAMPLES);
}

export function menu(
  counts: Counts,
  cost: readonly number[],
  budget: number,
  rates: Verifier,
  leastGain: readonly number[],
  level: number
): Menu {
  const places = cost.map((_, m) => m);
  const samples = cost.map(one => bought(budget, one));
  const fitted = samples.map((k, m) => k > counts.least[m]);
  const rows = fitted.some(one => one) ? Math.min(counts.fitted, counts.resamples) : counts.resamples;
  const solved: number[] = [];
  const drawn: Float64Array[] = [];
  for (const m of places) {
    if (fitted[m]) {
      solved.push(counts.mean(m, samples[m], rates));
      const one = new Float64Array(rows);
      for (let r = 0; r < rows; r++) {
        one[r] = counts.fittedSolved(...counts.shape(m, r + 1), samples[m], rates);
      }
      drawn.push(one);
    } else {
      const each = counts.each(m, samples[m], rates);
      solved.push(average(each));
      drawn.push(counts.resampled(each, rows));
    }
  }
  const intervals = drawn.map(one => ends(one, level));
  const wins = new Array<number>(places.length).fill(0);
  for (let r = 0; r < rows; r++) {
    let winner = 0;
    let most = -Infinity;
    for (const m of places) {
      const value = Number.isNaN(drawn[m][r]) ? -1 : drawn[m][r];
      if (value > most) {
        most = value;
        winner = m;
      }
    }
    wins[winner] += 1;
  }
  const rounded = solved.map(value => Math.round(value * 1e12) / 1e12);
  const spent = samples.map((k, m) => k * cost[m]);
  const order = [...places].sort(
    (a, b) =>
      Number(samples[a] === 0) - Number(samples[b] === 0) ||
      (Number.isNaN(rounded[a]) ? 1 : Number.isNaN(rounded[b]) ? -1 : rounded[b] - rounded[a]) ||
      spent[a] - spent[b]
  );
  const first = order[0];
  const best = samples[first] > 0 ? first : -1;
  const ceiling = places.map(m => (rates === null ? NaN : ceilingOf(counts, m, ...rates)));
  const saturated = best < 0 ? [NaN, NaN, NaN] : saturation(counts, best, leastGain[best], rates, level);
  let change: [number, number] | null = null;
  if (best >= 0) {
    change =
      rates === null ? budgetChange(counts, cost, budget, best) : verifierChange(counts, samples, rates, best);
  }
  return {
    samples,
    solved,
    low: intervals.map(one => one[0]),
    high: intervals.map(one => one[1]),
    ceiling,
    probability: wins.map((count, m) => (samples[m] > 0 ? count / rows : 0)),
    fitted,
    order,
    best,
    saturation: saturated[0],
    saturationLow: saturated[1],
    saturationHigh: saturated[2],
    change,
    rows
  };
}

function ceilingOf(counts: Counts, model: number, t: number, f: number): number {
  const { problems, rates } = counts;
  let total = 0;
  for (let i = 0; i < problems; i++) {
    const p = rates[model * problems + i];
    const accepted = Math.min(p * t + (1 - p) * f, 1);
    total += accepted > 0 ? (p * t) / accepted : 0;
  }
  return total / problems;
}

/** Fewest samples after which one more gains at most `least`, with its interval; NaN beyond what is counted. */
export function saturation(
  counts: Counts,
  model: number,
  least: number,
  rates: Verifier,
  level: number
): [number, number, number] {
  const last = counts.least[model] - 1;
  const gain = (k: number) => average(counts.gains(model, k, rates));
  if (gain(0) <= least) {
    return [0, NaN, NaN];
  }
  if (last < 1 || gain(last) > least) {
    return [NaN, NaN, NaN];
  }
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (gain(middle) <= least) {
      high = middle;
    } else {
      low = middle;
    }
  }
  const grid = geomspace(1 / AROUND, AROUND, AROUND_POINTS).map(x => Math.min(high * x, last));
  const rows = Math.min(IN_BANDS, counts.resamples);
  const seen = Array.from(grid, k => counts.resampled(counts.gains(model, k, rates), rows));
  const found = new Float64Array(rows);
  for (let r = 0; r < found.length; r++) {
    found[r] = crossing(grid, j => seen[j][r], least);
  }
  const [from, to] = quantiles(found, [(1 - level) / 2, (1 + level) / 2]);
  return [high, Math.floor(from + 0.5), Math.floor(to + 0.5)];
}

/** Where falling gains pass `least`, between neighbours straight in the logarithm of the gain. */
function crossing(grid: Float64Array, gain: (place: number) => number, least: number): number {
  for (let j = 0; j < grid.length; j++) {
    const now = gain(j);
    if (now <= least) {
      if (j === 0) {
        return grid[0];
      }
      const before = Math.log(gain(j - 1));
      const share = (before - Math.log(least)) / (before - Math.log(Math.max(now, 1e-300)));
      return grid[j - 1] + share * (grid[j] - grid[j - 1]);
    }
  }
  return grid[grid.length - 1];
}

function winnerOf(counts: Counts, samples: readonly number[], rates: Verifier): number {
  let winner = 0;
  let most = -Infinity;
  samples.forEach((k, m) => {
    const value = k > 0 ? counts.mean(m, k, rates) : -1;
    if (value > most) {
      most = value;
      winner = m;
    }
  });
  return winner;
}

/** Nearest value, in the logarithm, at which another model wins; its edge by bisection. */
function nearestChange(
  winner: (value: number) => number,
  present: number,
  grid: Float64Array,
  best: number
): [number, number] | null {
  let nearest: [number, number] | null = null;
  for (const side of [-1, 1]) {
    const inside = Array.from(grid).filter(value => (side < 0 ? value < present : value > present));
    if (side < 0) {
      inside.reverse();
    }
    let before = present;
    for (const value of inside) {
      if (winner(value) !== best) {
        let low = Math.log(before);
        let high = Math.log(value);
        for (let step = 0; step < 30; step++) {
          const middle = (low + high) / 2;
          if (winner(Math.exp(middle)) === best) {
            low = middle;
          } else {
            high = middle;
          }
        }
        const edge = Math.exp(high);
        const near = nearest === null ? Infinity : Math.abs(Math.log(nearest[0] / present));
        if (Math.abs(Math.log(edge / present)) < near) {
          nearest = [edge, winner(edge)];
        }
        break;
      }
      before = value;
    }
  }
  return nearest;
}

function verifierChange(
  counts: Counts,
  samples: readonly number[],
  rates: readonly [number, number],
  best: number
): [number, number] | null {
  const grid = geomspace(...SEARCHED, SEARCH_POINTS);
  return nearestChange(f => winnerOf(counts, samples, [rates[0], f]), Math.max(rates[1], SEARCHED[0]), grid, best);
}

function budgetChange(
  counts: Counts,
  cost: readonly number[],
  budget: number,
  best: number
): [number, number] | null {
  const winner = (factor: number) =>
    winnerOf(
      counts,
      cost.map(one => bought(budget * factor, one)),
      null
    );
  return nearestChange(winner, 1, geomspace(0.01, 100, BUDGET_POINTS), best);
}
