/** What a batch of runs comes to, in numbers and words: the twin of `figures/advisor/numbers.py`. */

import { formatInterval, formatQuantity, splitQuantity } from '../frame/format.js';
import type { Value } from '../pane/store.js';
import type { Known } from './advisor-information.js';
import { quantiles } from './numbers.js';
import { spent, type PerUnit } from './spending.js';

export type Kind = 'params' | 'tokens' | 'loss';
export const SYMBOLS: Readonly<Record<Kind, string>> = { params: 'N*', tokens: 'D*', loss: 'L*' };
const COUNTS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const NEAR_LIMIT = 1.01;

export interface Row {
  value: number;
  low: number;
  high: number;
}

export interface AdvisorHeld {
  answer: Kind;
  flops: number;
  unit: string;
  setup: number;
  spend: number;
  scatter: number;
  batch: [number, number][];
}

export interface Facts {
  z: number;
  perHours: number;
  perDollars: number;
  edge: number;
  ratios: [number, number];
  advised: [number, number][];
}

export interface AdvisorSeen {
  rows: Map<string, Row>;
  without: Row[];
  best: Row;
  lucky: [Row, Row] | null;
  narrower: number;
  spreadNow: number[];
  spreadAfter: number[];
  /** Of intervals, where the usual number would not tell them apart. */
  digits: number | undefined;
}

/** A group of designs: the derivatives of each run of each design. */
export type Designs = readonly (readonly ArrayLike<number>[])[];

export function seen(
  known: Known,
  answer: Float64Array,
  lines: readonly ArrayLike<number>[],
  advised: readonly ArrayLike<number>[],
  designs: ReadonlyMap<string, Designs>,
  z: number,
  kind: Kind
): AdvisorSeen {
  const centre = answer[0];
  const slope = answer.subarray(1);
  const row = (variance: number): Row => {
    const width = z * Math.sqrt(Math.max(variance, 0));
    return { value: Math.exp(centre), low: Math.exp(centre - width), high: Math.exp(centre + width) };
  };
  const left = (runs: readonly ArrayLike<number>[]) => known.withAll(runs).variance(slope);
  const after = known.withAll(lines);
  const [variance, remains] = [known.variance(slope), after.variance(slope)];
  const rows = new Map<string, Row>([
    ['now', row(variance)],
    ['batch', row(remains)]
  ]);
  let lucky: [Row, Row] | null = null;
  for (const [name, made] of designs) {
    const remaining = Float64Array.from(made, left);
    const [low, middle, high] = quantiles(remaining, [0.025, 0.5, 0.975]);
    rows.set(name, row(middle));
    if (name === 'random') {
      lucky = [row(low), row(high)];
    }
  }
  const spread = (of: Known) => Array.from({ length: of.q }, (_, k) => Math.sqrt(Math.max(of.inverse[k * of.q + k], 0)));
  return {
    rows,
    without: lines.map((_, k) => row(left(lines.filter((_, other) => other !== k)))),
    best: row(left(advised)),
    lucky,
    narrower: 1 - Math.sqrt(remains / variance),
    spreadNow: spread(known),
    spreadAfter: spread(after),
    digits: digitsOf(row(variance), row(remains), kind)
  };
}

/** An interval in the unit of another number, without that unit: a sentence has said it. */
export function bare({ low, high }: Row, kind: Kind, unitOf: number, digits?: number): string {
  return `${formatInterval(low, high, kind, digits, unitOf).split(']')[0]}]`;
}

/** An interval as this screen says it: all have the unit of the interval that the batch leaves. */
export function said({ rows, digits }: AdvisorSeen, row: Row, kind: Kind): string {
  return bare(row, kind, (rows.get('batch') as Row).high, digits);
}

/** The middle of an interval with the unit that all have on this screen. */
export function middleSaid({ rows, digits }: AdvisorSeen, row: Row, kind: Kind): string {
  return splitQuantity(row.value, kind, digits, false, (rows.get('batch') as Row).high).join(' ').trim();
}

/** Digits that tell the interval after from the one now: more than usual where they are close. */
function digitsOf(now: Row, after: Row, kind: Kind): number | undefined {
  return [undefined, 3, 4, 5].find(d => bare(now, kind, after.high, d) !== bare(after, kind, after.high, d));
}

export function trainingPrice([params, tokens]: [number, number], perDollars: number): number {
  return (6 * params * tokens) / perDollars;
}

export function priceOf(held: AdvisorHeld, perDollars: number): number {
  return held.batch.reduce((sum, run) => sum + trainingPrice(run, perDollars) + held.setup, 0);
}

/** Whether the reader moved the batch away from the advised one. */
export function isOwn(batch: readonly [number, number][], advised: readonly [number, number][]): boolean {
  return batch.some((run, k) => run.some((v, j) => Math.abs(v / advised[k][j] - 1) > 1e-9));
}

export function advisorValues(found: AdvisorSeen, held: AdvisorHeld, facts: Facts): Record<string, Value> {
  const { answer: kind, batch } = held;
  const { perDollars } = facts;
  const per: PerUnit = { hours: facts.perHours, dollars: perDollars };
  const count = batch.length;
  const price = priceOf(held, perDollars);
  const now = found.rows.get('now') as Row;
  const after = found.rows.get('batch') as Row;
  const [, unit] = splitQuantity(after.high, kind, found.digits);
  const values: Record<string, Value> = {
    ...spent(held.flops, held.unit, per),
    'answer.symbol': SYMBOLS[kind],
    'answer.count': count === 1 ? 'this run' : `these ${count} runs`,
    'answer.dollars': money(price),
    'answer.price': price,
    'answer.now': said(found, now, kind),
    'answer.after': said(found, after, kind),
    'answer.unit': unit === '' ? '' : `\u00a0${unit}`,
    'answer.value': after.value,
    'answer.low': after.low,
    'answer.high': after.high,
    'answer.narrower': found.narrower,
    'answer.best': said(found, found.best, kind),
    'answer.others': others(found, kind, count),
    'answer.own': isOwn(batch, facts.advised),
    'answer.over': price > held.spend * 1.000001,
    'answer.reach': reachWords(held.flops / facts.edge),
    ...leaning(batch, facts.ratios),
    'batch.setups': setupWords(count, held.setup),
    'batch.setup_price': money(count * held.setup)
  };
  batch.forEach(([n, d], k) => {
    values[`batch.${k}.params`] = formatQuantity(n, 'params', 3);
    values[`batch.${k}.tokens`] = formatQuantity(d, 'tokens', 3);
    values[`batch.${k}.ratio`] = formatQuantity(d / n, 'ratio', 2);
    values[`batch.${k}.price`] = money(trainingPrice([n, d], perDollars));
    values[`batch.${k}.without`] = said(found, found.without[k], kind);
  });
  return values;
}

export function counted(count: number): string {
  return COUNTS[count] ?? String(count);
}

function others(found: AdvisorSeen, kind: Kind, count: number): string {
  const { rows } = found;
  const letters = counted(count);
  const first = letters[0].toUpperCase() + letters.slice(1);
  const parts: string[] = [];
  const random = rows.get('random');
  const frontier = rows.get('on the frontier');
  if (random) {
    parts.push(`${first} at random ${count === 1 ? 'leaves' : 'leave'} ${said(found, random, kind)}`);
  }
  if (frontier) {
    parts.push(`${parts.length > 0 ? letters : first} on the frontier ${said(found, frontier, kind)}`);
  }
  return parts.length > 0 ? ` ${parts.join(', ')}.` : '';
}

function setupWords(count: number, setup: number): string {
  return `${count} × ${money(setup)}`;
}

/** Dollars as a price tag has them: cents only where there are few dollars. */
export function money(dollars: number): string {
  return formatQuantity(dollars >= 10 ? Math.floor(dollars + 0.5) : dollars, 'dollars');
}

function reachWords(times: number): string {
  return times <= 1.02 ? 'inside the runs' : `${Math.log10(times).toFixed(1)} decades beyond the runs`;
}

function leaning(batch: readonly [number, number][], [low, high]: [number, number]): Record<string, Value> {
  const own = batch.map(([n, d]) => d / n);
  const out = own.flatMap((r, k) => (r < low / NEAR_LIMIT || r > high * NEAR_LIMIT ? [k] : []));
  if (out.length === 0) {
    return { 'answer.leans': false, 'answer.leaning': '' };
  }
  const far = (r: number) => Math.max(low / r, r / high);
  const farthest = out.map(k => own[k]).reduce((a, b) => (far(b) > far(a) ? b : a));
  const numbers = out.map(k => String(k + 1));
  const listed =
    numbers.length === 1 ? numbers[0] : `${numbers.slice(0, -1).join(', ')} and ${numbers[numbers.length - 1]}`;
  const [ratio, least, most] = [farthest, low, high].map(r => formatQuantity(r, 'ratio', 2));
  const [runs, trust] = out.length === 1 ? ['Run', 'trusts'] : ['Runs', 'trust'];
  const words = `${runs} ${listed} ${trust} the law at ${ratio} tokens per parameter; the data have ${least} to ${most}`;
  return { 'answer.leans': true, 'answer.leaning': words };
}

/** Share of the width that runs take off for every hundred dollars. */
export function perHundred(share: number, price: number): number {
  const capped = Math.min(share, 1 - 1e-12);
  return Math.max(-Math.expm1((Math.log1p(-capped) * 100) / price), 1e-6);
}

