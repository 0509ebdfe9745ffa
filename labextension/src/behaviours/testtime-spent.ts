/** What accuracy costs, from the samples themselves: the twin of `figures/testtime/spent.py`. */

import { formatQuantity } from '../frame/format.js';
import { average, type Counts } from './testtime-counts.js';
import { budgetOf, costsOf, ratesOf, type Facts, type Held } from './testtime-held.js';
import type { Columns } from './testtime-map.js';
import type { Menu } from './testtime-menu.js';

const TITLES: Readonly<Record<string, string>> = {
  dollars: 'Dollars per 1,000 problems',
  tokens: 'Tokens per problem',
  seconds: 'GPU-seconds per problem'
};

export interface Spent {
  columns: Columns;
  range: [number, number];
  ticks: Record<string, string>;
  title: string;
}

/** `grids` are the numbers of samples at which the curve of each model is drawn. */
export function spentOf(
  counts: Counts,
  grids: readonly Float64Array[],
  found: Menu,
  held: Held,
  facts: Facts
): Spent {
  const rates = ratesOf(held);
  const scale = held.unit === 'dollars' ? 1000 : 1;
  const each = costsOf(held, held.unit, facts).map(cost => cost * scale);
  const xs = grids.map((k, m) => k.map(x => x * each[m]));
  const ys = grids.map((k, m) => k.map(x => average(counts.each(m, x, rates))));
  const points: [x: number, y: number, model: number][] = [];
  xs.forEach((row, m) => row.forEach((x, j) => points.push([x, ys[m][j], m])));
  points.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let most = -Infinity;
  const front = points.filter(([, y]) => {
    const better = y > most;
    most = Math.max(most, y);
    return better;
  });
  const { best } = found;
  const seen = best >= 0;
  const left = Math.min(...each) / 1.5;
  const right = Math.max(...each.map((cost, m) => cost * counts.least[m])) * 1.5;
  return {
    columns: {
      'spent-curves': { xs, ys, size: facts.models.map(one => one.size) },
      'spent-front': { x: front.map(one => one[0]), y: front.map(one => one[1]) },
      'spent-budget': { x: [budgetOf(held) * scale], y: [0], y1: [most] },
      'spent-answer': {
        x: seen ? [found.samples[best] * each[best]] : [],
        y: seen ? [found.solved[best]] : []
      },
      'spent-names': namesOf(front, facts)
    },
    range: [left, right],
    ticks: ticksOf(held.unit, left, right),
    title: TITLES[held.unit] ?? ''
  };
}

/** The model of each part of the frontier, at its middle. */
function namesOf(front: readonly [number, number, number][], facts: Facts): Columns[string] {
  const out = { x: [] as number[], y: [] as number[], text: [] as string[] };
  let begin = 0;
  for (let i = 1; i <= front.length; i++) {
    if (i === front.length || front[i][2] !== front[begin][2]) {
      if (i - begin > 2) {
        const middle = front[Math.floor((begin + i) / 2)];
        out.x.push(middle[0]);
        out.y.push(middle[1]);
        out.text.push(facts.models[front[begin][2]].label);
      }
      begin = i;
    }
  }
  return out;
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
