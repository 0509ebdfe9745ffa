/** Columns that follow question, prices and batch: the twin of `moving` in `figures/advisor/columns.py`. */

import { formatQuantity } from '../frame/format.js';
import { contours, ground, type Grid, type Path } from './contours.js';
import {
  isOwn,
  middleSaid,
  money,
  perHundred,
  priceOf,
  said,
  trainingPrice,
  type AdvisorHeld,
  type AdvisorSeen,
  type Facts,
  type Kind,
  type Row
} from './advisor-numbers.js';

export type Columns = Record<string, Record<string, ArrayLike<unknown>>>;

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2];
const MOST_STEPS = 4;
const ORDER = ['now', 'batch', 'random', 'on the frontier', 'one large on the frontier'];
const CHECKS = ['trained', 'all'];

export interface AdvisorColumnOptions extends Facts {
  names: string[];
  logged: boolean[];
  centre: Record<string, number>;
  params: [number, number];
  tokens: [number, number];
  /** Columns and rows of the grid behind the shades. */
  grid: [number, number];
  pinned: { place: number; kind: string }[];
}

export function levelsOf(highest: number): number[] {
  const step = STEPS.find(s => highest / s <= MOST_STEPS + 1) ?? STEPS[STEPS.length - 1];
  return Array.from({ length: MOST_STEPS }, (_, k) => Number((step * (k + 1)).toFixed(4))).filter(
    level => level < highest * 0.995
  );
}

/** Room that the words of a diamond take around it, as a share of the map. */
const WORDS = [0.27, 0.07];
/** Room that a label takes from a dot. */
const MARK = [0.045, 0.03];

export interface Shades {
  columns: Columns;
  /** Levels, and the points of their lines in columns and rows of the grid. */
  levels: [number, Path][];
}

/** Grounds and lines of how much one run alone narrows the interval. */
export function shades(heights: Float64Array, { params, tokens, grid }: AdvisorColumnOptions): Shades {
  const [columns, rows] = grid;
  const field: Grid = { columns, rows, heights };
  const x = (place: number) => params[0] * (params[1] / params[0]) ** (place / (columns - 1));
  const y = (place: number) => tokens[0] * (tokens[1] / tokens[0]) ** (place / (rows - 1));
  const shade = { xs: [] as number[][], ys: [] as number[][] };
  const lines = { xs: [] as number[][], ys: [] as number[][] };
  const levels: [number, Path][] = [];
  const add = (where: { xs: number[][]; ys: number[][] }, path: Path) => {
    where.xs.push(path.map(point => x(point[0])));
    where.ys.push(path.map(point => y(point[1])));
  };
  for (const level of levelsOf(heights.reduce((a, b) => Math.max(a, b), 0))) {
    const above = ground(field, level);
    if (above.length > 0) {
      add(shade, above);
    }
    const drawn = contours(field, level);
    drawn.forEach(path => add(lines, path));
    levels.push([level, drawn.flat()]);
  }
  return { columns: { shade, 'shade-lines': lines }, levels };
}

/** Labels of the lines, away from the words of the batch. */
export function shadeLabels(
  levels: Shades['levels'],
  batch: readonly [number, number][],
  marks: readonly [number, number][],
  { params, tokens, grid: [columns, rows] }: AdvisorColumnOptions
): Columns {
  const labels = { x: [] as number[], y: [] as number[], text: [] as string[] };
  const taken = batch.map(([n, d]): [number, number] => [share(n, params), share(d, tokens)]);
  for (const [level, points] of levels) {
    const place = labelPlace(points, columns - 1, rows - 1, taken, marks);
    if (place) {
      labels.x.push(params[0] * (params[1] / params[0]) ** (place[0] / (columns - 1)));
      labels.y.push(tokens[0] * (tokens[1] / tokens[0]) ** (place[1] / (rows - 1)));
      labels.text.push(`${Math.round(100 * level)} %`);
    }
  }
  return { 'shade-labels': labels };
}

function labelPlace(
  points: Path,
  width: number,
  height: number,
  taken: readonly [number, number][],
  marks: readonly [number, number][]
): [number, number] | null {
  let best: [number, number] | null = null;
  let merit = -Infinity;
  for (const point of points) {
    const [across, up] = [point[0] / width, point[1] / height];
    const clear = (of: readonly [number, number][], [width, height]: number[]) =>
      of.every(([x, y]) => Math.abs(across - x) > width || Math.abs(up - y) > height);
    const inside = across > 0.06 && across < 0.94 && up > 0.05 && up < 0.95;
    if (inside && across - 0.7 * up > merit && clear(taken, WORDS) && clear(marks, MARK)) {
      merit = across - 0.7 * up;
      best = point;
    }
  }
  return best;
}

export function candidateColumn(
  runs: { x: Float64Array; y: Float64Array },
  alone: Float64Array,
  setup: number,
  perDollars: number
): Columns[string] {
  const value = alone.map((share, i) =>
    perHundred(share, trainingPrice([runs.x[i], runs.y[i]], perDollars) + setup)
  );
  return { ...runs, value };
}

/** Room for the words beside a diamond, as a share of the map. */
const [LABEL_WIDTH, LABEL_HEIGHT] = [0.22, 0.04];

export function share(value: number, [low, high]: [number, number]): number {
  return Math.log(value / low) / Math.log(high / low);
}

/** Whether the words of a diamond cover fewer marks at its right than at its left, or another's words. */
function roomRight(
  marks: readonly [number, number][],
  others: readonly [number, number][],
  [across, up]: [number, number]
): boolean {
  if (across > 1 - LABEL_WIDTH || across < LABEL_WIDTH) {
    return across < 0.5;
  }
  const balance = (of: readonly [number, number][], width: number, height: number) =>
    of.reduce((sum, [x, y]) => {
      const away = Math.abs(y - up) < height ? x - across : 0;
      return Math.abs(away) > 0.005 && Math.abs(away) < width ? sum + Math.sign(away) : sum;
    }, 0);
  const beside = balance(others, 2 * LABEL_WIDTH, 2 * LABEL_HEIGHT);
  return beside === 0 ? balance(marks, LABEL_WIDTH, LABEL_HEIGHT) <= 0 : beside < 0;
}

/** Height of the map, and of the two lines of words beside a diamond. */
const [MAP_PIXELS, WORDS_PIXELS] = [376, 33];

/** Pixels by which the words of each diamond move down, so that those on one side do not touch. */
function wordsApart(right: readonly boolean[], here: readonly [number, number][]): number[] {
  const out = right.map(() => 0);
  const order = right.map((_, k) => k).sort((a, b) => here[b][1] - here[a][1] || a - b);
  order.forEach((upper, i) => {
    for (const lower of order.slice(i + 1)) {
      if (right[upper] !== right[lower] || Math.abs(here[upper][0] - here[lower][0]) >= LABEL_WIDTH) {
        continue;
      }
      const rest = (here[upper][1] - here[lower][1]) * MAP_PIXELS + out[lower] - out[upper];
      if (rest < WORDS_PIXELS) {
        out[upper] -= (WORDS_PIXELS - rest) / 2;
        out[lower] += (WORDS_PIXELS - rest) / 2;
      }
    }
  });
  return out;
}

export function batchMarks(
  held: AdvisorHeld,
  { params, tokens, perDollars }: AdvisorColumnOptions,
  marks: readonly [number, number][]
): Columns {
  const runs = held.batch;
  const here = runs.map(([n, d]): [number, number] => [share(n, params), share(d, tokens)]);
  const right = here.map((place, k) => roomRight(marks, here.filter((_, other) => other !== k), place));
  const mark = {
    x: runs.map(run => run[0]),
    y: runs.map(run => run[1]),
    align: right.map(fine => (fine ? 'left' : 'right')),
    dx: right.map(fine => (fine ? 13 : -13))
  };
  const push = wordsApart(right, here);
  return {
    batch: { x: mark.x, y: mark.y },
    'batch-heads': {
      ...mark,
      text: runs.map((run, k) => `Run ${k + 1}, ${money(trainingPrice(run, perDollars))}`),
      dy: push.map(dy => dy - 8)
    },
    'batch-lines': {
      ...mark,
      text: runs.map(([n, d]) => `${formatQuantity(n, 'params', 3)} on ${formatQuantity(d, 'tokens', 3)}`),
      dy: push.map(dy => dy + 7)
    }
  };
}

/** Where each design stands, from the top down. */
export function places(rows: ReadonlyMap<string, Row>): Map<string, number> {
  const shown = ORDER.filter(name => rows.has(name));
  const out = new Map(shown.map((name, k) => [name, -k]));
  CHECKS.filter(name => rows.has(name)).forEach((name, k) => out.set(name, -(shown.length + 0.75 + k)));
  return out;
}

export function designRange(rows: ReadonlyMap<string, Row>): [number, number] {
  const all = [...rows.values()];
  const low = Math.min(...all.map(row => row.low));
  const high = Math.max(...all.map(row => row.high));
  const room = (high / low) ** 0.06;
  return [low / room, high * room];
}

export function designTicks(low: number, high: number, kind: Kind): Map<number, string> {
  if (high / low < 1.8) {
    const digits = kind !== 'loss' ? 2 : high - low > 0.1 ? 3 : 4;
    return new Map(evenTicks(low, high, 3).map(t => [t, formatQuantity(t, kind, digits)]));
  }
  let inside: number[] = [];
  for (const steps of [[1], [1, 2, 5], [1, 2, 3, 5, 7]]) {
    inside = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      inside.push(...steps.map(m => Number(`${m}e${power}`)).filter(t => low <= t && t <= high));
    }
    if (inside.length >= 2) {
      break;
    }
  }
  while (inside.length > 4) {
    inside = inside.filter((_, k) => k % 2 === 0);
  }
  return new Map(inside.map(t => [t, formatQuantity(t, kind, 1)]));
}

function evenTicks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(s => s * power).find(s => s >= raw * 0.999) ?? 10 * power;
  const out: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-6; k++) {
    out.push(Number((k * step).toFixed(12)));
  }
  return out.filter(t => low <= t && t <= high);
}

export function designRows(found: AdvisorSeen, held: AdvisorHeld, options: AdvisorColumnOptions): Columns {
  const { rows } = found;
  const at = places(rows);
  const [low, high] = designRange(rows);
  const bars = (...names: string[]) => {
    const here = names.filter(name => at.has(name)).map(name => [at.get(name), rows.get(name)] as [number, Row]);
    return {
      x: here.map(([, row]) => row.low),
      x1: here.map(([, row]) => row.high),
      middle: here.map(([, row]) => row.value),
      y: here.map(([y]) => y)
    };
  };
  const shown = [...rows].filter(([name]) => at.has(name));
  const quiet = shown.filter(([name]) => name !== 'batch');
  const height = (name: string) => at.get(name) as number;
  const fixed = (names: readonly (readonly [string, unknown])[]) => ({
    x: names.map(() => high),
    y: names.map(([name]) => height(name))
  });
  const ticks = found.lucky === null ? [] : found.lucky.flatMap(row => [row.low, row.high]);
  const own = rows.get('batch') as Row;
  const bottom = Math.min(...at.values()) - 0.6;
  const count = held.batch.length;
  const whose = isOwn(held.batch, options.advised) ? 'Your' : count === 1 ? 'This' : 'These';
  return {
    'design-strip': { x: [own.low, own.high], low: [bottom, bottom], high: [0.6, 0.6] },
    'design-now': bars('now'),
    'design-answer': bars('batch'),
    'design-others': bars('random', 'on the frontier', 'one large on the frontier'),
    'design-checks': bars(...CHECKS),
    'design-lucky': { x: ticks, y: ticks.map(() => at.get('random') ?? 0) },
    'design-values': { ...fixed(shown), text: shown.map(([, row]) => middleSaid(found, row, held.answer)) },
    'design-intervals': { ...fixed(quiet), text: quiet.map(([, row]) => said(found, row, held.answer)) },
    'design-after': { x: [high], y: [height('batch')], text: [said(found, own, held.answer)] },
    'design-answer-name': {
      x: [low],
      y: [height('batch')],
      text: [count === 1 ? `${whose} run` : `${whose} ${count} runs`],
      detail: [`${money(priceOf(held, options.perDollars))}, predicted`]
    }
  };
}

/** Names of the designs stand where the axis begins; names of checks that no longer hold are taken away. */
export function movedNames(
  names: Record<string, ArrayLike<unknown>>,
  rows: ReadonlyMap<string, Row>,
  checks: number
): Columns[string] {
  const [low] = designRange(rows);
  const at = places(rows);
  const gone = Array.from({ length: names.y.length }, (_, k) => checks > 0 && k >= names.y.length - checks && !at.has('trained'));
  const kept = (column: ArrayLike<unknown>) => Array.from(column, (v, k) => (gone[k] ? '' : v));
  return { x: Array.from(names.y, () => low), y: Array.from(names.y), text: kept(names.text), detail: kept(names.detail) };
}

/** Coefficients before and after, each as wide as it is now. */
export function pinnedRows(found: AdvisorSeen, { pinned, names, logged, centre, z }: AdvisorColumnOptions): Columns {
  const y = pinned.map((_, k) => -k);
  const words = pinned.map(({ place, kind }) => {
    const value = centre[names[place]];
    const unit = logged[place] ? Math.abs(value) : 1;
    const half = (spread: number) => formatQuantity(z * spread * unit, kind, kind === 'exponent' ? 3 : 2);
    return [
      `${formatQuantity(value, kind, 3)} ± ${half(found.spreadNow[place])}`,
      `± ${half(found.spreadAfter[place])}`
    ];
  });
  const share = pinned.map(({ place }) => found.spreadAfter[place] / found.spreadNow[place]);
  const above = y.map(v => v + 0.14);
  const below = y.map(v => v - 0.14);
  const ones = y.map(() => 1);
  return {
    'pin-now': { x: y.map(() => -1), x1: ones, middle: y.map(() => 0), y: above },
    'pin-after': { x: share.map(s => -s), x1: share, middle: y.map(() => 0), y: below },
    'pin-now-words': { x: ones, y: above, text: words.map(([now]) => now) },
    'pin-after-words': { x: ones, y: below, text: words.map(([, after]) => after) }
  };
}

