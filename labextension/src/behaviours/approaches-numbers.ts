/** What each approach says of a budget, in numbers and words: the twin of `figures/approaches/numbers.py`. */

import { formatInterval, formatQuantity } from '../frame/format.js';
import { endsOf, SIX, SplitLaw } from './allocator-law.js';
import { ranged } from './allocator-numbers.js';
import { perUnit, spent, type PerUnit } from './spending.js';

const KEYS = ['one', 'two', 'three'] as const;
/** Share of the budget below which waste is not told apart from none. */
const LEAST = 1e-4;

export interface Step {
  name: string;
  short: string;
  change: string;
  exponent: number;
  low: number;
  high: number;
  coefficient: number;
}

export interface Facts {
  level: number;
  /** Compute of the largest run. */
  edge: number;
  /** Operations per second of one device, dense. */
  peak: number;
  /** Bias of the parabola from which on it is warned of. */
  biased: number;
  /** Exponent and intercept of approach 2 without noise. */
  clean: [number, number] | null;
  steps: Step[];
  /** Compute of the smallest and the largest budget behind the path. */
  reach: [number, number];
}

export interface Held {
  budget: number;
  unit: string;
  utilisation: number;
  price: number;
  step: number;
}

/** One approach at the budget: its own value first, then one a resample. */
export interface Column {
  exponent: Float64Array;
  params: Float64Array;
  tokens: Float64Array;
  waste: Float64Array;
}

export interface Answer {
  columns: [Column | null, Column | null, Column];
  bias: number;
  agree: boolean;
  /** The approach, 0 or 1, that is farther from approach 3. */
  far: number;
  per: PerUnit;
}

/** Exponents and intercepts of `log N* = a log C + b`; row 0 is the table itself. */
export class Lines {
  readonly rows: number;

  constructor(private readonly table: ArrayLike<number>) {
    this.rows = table.length / 2;
  }

  exponent(r: number): number {
    return this.table[2 * r];
  }

  size(r: number, flops: number): number {
    return Math.exp(this.table[2 * r + 1] + this.table[2 * r] * Math.log(flops));
  }
}

export function stepSize(step: Step, flops: number): number {
  return step.coefficient * flops ** step.exponent;
}

/** Range of the size as the exponent swings about the middle of the data. */
export function stepEnds(step: Step, flops: number, [low, high]: [number, number]): [number, number] {
  const lever = flops / Math.sqrt(low * high);
  const ends = [step.low, step.high].map(a => stepSize(step, flops) * lever ** (a - step.exponent));
  return [Math.min(...ends), Math.max(...ends)];
}

export function stepRange(step: Step, flops: number, reach: [number, number]): string {
  const [low, high] = stepEnds(step, flops, reach);
  const unit = formatQuantity(stepSize(step, flops), 'params').split(' ')[1];
  const said = formatInterval(low, high, 'params');
  return unit !== undefined && said.endsWith(` ${unit}`) ? said.slice(0, -unit.length - 1) : said;
}

export function answerOf(law: SplitLaw, lines: (Lines | null)[], held: Held, facts: Facts): Answer {
  const per = perUnit(facts.peak * held.utilisation, held.price);
  const exponents = Float64Array.from({ length: law.rows }, (_, r) => law.share(r));
  const third = columnOf(law, exponents, law.best(held.budget).params, held.budget);
  const both = [0, 1].map(k => {
    const known = lines[k];
    if (!known) {
      return null;
    }
    const rows = Array.from({ length: known.rows }, (_, r) => r);
    const exponent = Float64Array.from(rows, r => known.exponent(r));
    return columnOf(law, exponent, Float64Array.from(rows, r => known.size(r, held.budget)), held.budget);
  });
  const { clean, level } = facts;
  const bias =
    clean === null ? NaN : Math.exp(clean[1] + clean[0] * Math.log(held.budget)) / third.params[0] - 1;
  const own = endsOf(third.params, level);
  let far = 0;
  let agree = true;
  both.forEach((one, k) => {
    if (one === null) {
      return;
    }
    const its = endsOf(one.params, level);
    const [here, there] = [one.params[0], third.params[0]];
    agree &&= own.low <= here && here <= own.high && its.low <= there && there <= its.high;
    const before = both[far];
    if (before === null || Math.abs(Math.log(here / there)) > Math.abs(Math.log(before.params[0] / there))) {
      far = k;
    }
  });
  return { columns: [both[0], both[1], third], bias, agree, far, per };
}

/** Rows without a line are left out; waste is measured by the fit itself. */
function columnOf(law: SplitLaw, exponents: Float64Array, sizes: Float64Array, budget: number): Column {
  const fine = Array.from(sizes.keys()).filter(r => Number.isFinite(sizes[r]));
  const params = Float64Array.from(fine, r => sizes[r]);
  const tokens = params.map(n => budget / (SIX * n));
  return {
    exponent: Float64Array.from(fine, r => exponents[r]),
    params,
    tokens,
    waste: params.map((n, i) => Math.max(1 - law.cheapest(0, law.loss(0, n, tokens[i])) / budget, 0))
  };
}

export function valuesOf(found: Answer, held: Held, facts: Facts): Record<string, number | string | boolean | null> {
  const { level, steps, reach } = facts;
  const third = found.columns[2];
  const [size, sizeRange] = ranged(third.params, 'params', level);
  const [data, dataRange] = ranged(third.tokens, 'tokens', level);
  const step = steps[held.step];
  const known = Number.isFinite(found.bias);
  const out: Record<string, number | string | boolean | null> = {
    ...spent(held.budget, held.unit, found.per),
    'answer.params': size,
    'answer.params_range': sizeRange,
    'answer.tokens': data,
    'answer.tokens_range': dataRange,
    'answer.size': third.params[0],
    'answer.data': third.tokens[0],
    'answer.exponent': third.exponent[0],
    'answer.beyond': held.budget > facts.edge * 1.02,
    'answer.decades': Math.max(Math.log10(held.budget / facts.edge), 0).toFixed(1),
    'answer.who': who(found),
    'answer.others': others(found),
    agree: found.agree,
    'agree.title': titleOf(found),
    'bias.at': known ? found.bias : null,
    'bias.said': formatQuantity(found.bias, 'signed-percent', 2),
    'bias.large': Math.abs(found.bias) >= facts.biased,
    'bias.note': known
      ? 'Filled: without noise. Hollow: the runs themselves'
      : 'Nothing to show: approach 2 finds no best size here',
    'bias.params': formatQuantity((1 + found.bias) * third.params[0], 'params'),
    'path.decades': Math.max(Math.log10(held.budget / reach[1]), 0).toFixed(1),
    'path.beyond': held.budget > reach[1] * 1.02,
    'path.label': step.name[0].toUpperCase() + step.name.slice(1),
    'path.said': pathWords(held, facts)
  };
  const dollars = held.budget / found.per.dollars;
  found.columns.forEach((column, k) => Object.assign(out, cells(KEYS[k], column, dollars, held, facts)));
  return out;
}

function cells(
  key: (typeof KEYS)[number],
  column: Column | null,
  dollars: number,
  held: Held,
  { level, steps }: Facts
): Record<string, string> {
  const out: Record<string, string> = {};
  if (column === null) {
    for (const name of ['exponent', 'params', 'tokens', 'waste', 'path']) {
      out[`${key}.${name}`] = '–';
      out[`${key}.${name}_range`] = '';
    }
    return out;
  }
  const step = stepSize(steps[held.step], held.budget);
  const said: Record<string, [string, string]> = {
    exponent: ranged(column.exponent, 'exponent', level, 2),
    params: ranged(column.params, 'params', level),
    tokens: ranged(column.tokens, 'tokens', level, 3),
    waste: key === 'three' ? ['reference', ''] : money(column.waste, dollars, level),
    path: ranged(column.params.map(n => step / n), 'plain', level, 2)
  };
  for (const [name, [value, between]] of Object.entries(said)) {
    out[`${key}.${name}`] = name === 'path' ? `× ${value}` : value;
    out[`${key}.${name}_range`] = between.trim();
  }
  return out;
}

function money(waste: Float64Array, dollars: number, level: number): [string, string] {
  const least = LEAST * dollars;
  const value = waste[0] * dollars;
  const { low, high } = endsOf(waste.map(share => share * dollars), level);
  const said = value >= least ? formatQuantity(whole(value), 'dollars') : `< ${formatQuantity(least, 'dollars')}`;
  if (Number.isNaN(low)) {
    return [said, ''];
  }
  const top = formatQuantity(Math.max(high, least), 'dollars');
  return [said, low < least ? `[$0, ${top}]` : formatInterval(whole(low), whole(high), 'dollars')];
}

/** Dollars without cents, from ten on. */
function whole(dollars: number): number {
  return dollars >= 10 ? Math.floor(dollars + 0.5) : dollars;
}

function who({ columns, agree }: Answer): string {
  const names = columns.flatMap((column, k) => (column === null ? [] : [k + 1]));
  if (!agree || names.length === 1) {
    return 'approach 3 trains';
  }
  return names.length === 3 ? 'all three approaches train about' : `approaches ${names[0]} and 3 train about`;
}

function others({ columns, bias }: Answer): string {
  const parts: string[] = [];
  columns.slice(0, 2).forEach((column, k) => {
    if (column !== null) {
      const size = formatQuantity(column.params[0], 'params');
      parts.push(`${parts.length === 0 ? 'A' : 'a'}pproach ${k + 1} says ${size}`);
    }
  });
  let said = parts.join(', ');
  if (Number.isFinite(bias)) {
    const alone = formatQuantity((1 + bias) * columns[2].params[0], 'params');
    said += `${said === '' ? 'W' : '; w'}ithout noise its parabola would say ${alone}`;
  }
  return said === '' ? 'Approaches 1 and 2 find no best size in these runs.' : `${said}.`;
}

function titleOf({ columns, agree, far }: Answer): string {
  const other = columns[far];
  if (other === null) {
    return 'Approach 3 stands alone';
  }
  if (agree) {
    return columns.every(column => column !== null) ? 'They agree' : `Approaches ${far + 1} and 3 agree`;
  }
  const ratio = other.params[0] / columns[2].params[0];
  if (ratio > 2 || ratio < 0.5) {
    const times = formatQuantity(Math.max(ratio, 1 / ratio), 'ratio', 2);
    return `Approach ${far + 1} differs by ${ratio > 1 ? '×' : '÷'} ${times}`;
  }
  return `Approach ${far + 1} differs by ${formatQuantity(Math.abs(ratio - 1), 'percent', 2)}`;
}

function pathWords({ budget, step }: Held, { steps, reach }: Facts): string {
  const say = (k: number, interval: boolean) => {
    const size = formatQuantity(stepSize(steps[k], budget), 'params');
    return interval ? `${size} ${stepRange(steps[k], budget, reach)}` : size;
  };
  const words = `Kaplan's recipe, fitted to other runs, says ${say(0, step === 0)}`;
  return step === 0 ? `${words}.` : `${words}; with the ${steps[step].name} ${say(step, true)}.`;
}
