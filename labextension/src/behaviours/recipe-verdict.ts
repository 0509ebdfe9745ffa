/** What a budget decides, in numbers and words: the twin of `figures/recipes/verdict.py`. */

import { formatInterval, formatQuantity } from '../frame/format.js';
import type { Values } from '../pane/store.js';
import { bandOf, type BestLoss, type Pair, type Spread, type Worth } from './best-loss.js';
import { compute, perUnit, spent } from './spending.js';

const NEVER = 'never';

export interface Facts {
  names: string[];
  pair: [number, number];
  edge: number;
  level: number;
  tossUp: [number, number];
  /** Operations per second of one device at its best. */
  peak: number;
}

/** How a person states the budget. */
export interface Spending {
  unit: string;
  utilisation: number;
  price: number;
}

export interface Verdict {
  aWins: boolean;
  chance: number;
  share: number;
  gap: Spread;
  worth: Worth;
  bands: Spread[];
  /** Difference and probability judged by each other text. */
  others: { gap: Spread; chance: number }[];
  values: Values;
}

export function decide(
  facts: Facts,
  curves: readonly BestLoss[],
  twins: Pair,
  others: readonly Pair[],
  budget: number,
  spending: Spending
): Verdict {
  const [a, b] = facts.pair.map(i => facts.names[i]);
  const chance = twins.probability(budget);
  const gap = twins.difference(budget);
  const aWins = Number.isFinite(chance) && chance !== 0.5 ? chance > 0.5 : gap.value <= 0;
  const share = aWins ? chance : 1 - chance;
  const worth = twins.worth(budget, aWins);
  const bands = curves.map(curve => bandOf(curve, budget, twins.rows, facts.level));
  const judged = others.map(other => ({ gap: other.difference(budget), chance: other.probability(budget) }));
  const values: Record<string, number | string | boolean> = {
    'answer.a_wins': aWins,
    'answer.chance': chance,
    'answer.share': share,
    'answer.probability': percent(share),
    'answer.winner': aWins ? a : b,
    'answer.loser': aWins ? b : a,
    'answer.worth': times(worth.value),
    'answer.worth_range': between(worth),
    'answer.worth_middle': times(worth.middle),
    'answer.worth_value': worth.value,
    'answer.worth_low': worth.low,
    'answer.worth_high': worth.high,
    'answer.gap': gap.value,
    'answer.gap_low': gap.low,
    'answer.gap_high': gap.high,
    'answer.gap_words': `${signed(gap.value)} [${signed(gap.low)}, ${signed(gap.high)}]`,
    'answer.variant': variant(facts, share, worth.value, aWins ? gap.value > 0 : gap.value < 0),
    'answer.beyond': budget > facts.edge * 1.02,
    'answer.decades_words': Math.log10(budget / facts.edge).toFixed(1),
    'answer.ahead': ahead(facts, twins, budget, aWins),
    'answer.reversed': judged.some(
      other => other.chance >= 0.5 !== aWins && Math.max(other.chance, 1 - other.chance) > facts.tossUp[1]
    ),
    ...spent(budget, spending.unit, perUnit(facts.peak * spending.utilisation, spending.price))
  };
  bands.forEach((band, i) => {
    values[`loss.${i}`] = band.value;
    values[`loss.${i}.low`] = band.low;
    values[`loss.${i}.high`] = band.high;
  });
  judged.forEach((other, k) => {
    values[`judged.${k}`] = other.chance;
  });
  return { aWins, chance, share, gap, worth, bands, others: judged, values };
}

/** Which of the sentences holds; `against` says that the fits of all runs have the other one ahead. */
function variant(facts: Facts, share: number, worth: number, against: boolean): string {
  if (Number.isNaN(share)) {
    return 'bare';
  }
  if (against && share > 0.5) {
    return 'split';
  }
  if (share < facts.tossUp[1]) {
    return Number.isFinite(worth) ? 'toss' : 'even';
  }
  return Number.isFinite(worth) ? 'wins' : 'cannot';
}

/** A share of resamples; near certainty is never printed as certainty. */
export function percent(share: number): string {
  if (Number.isNaN(share)) {
    return '–';
  }
  if (share >= 0.995) {
    return '> 99 %';
  }
  return share < 0.005 ? '< 1 %' : formatQuantity(share, 'percent', 2);
}

/** A multiple of compute without its sign; infinite is a value and has a name. */
function bare(value: number): string {
  return value === Infinity ? NEVER : formatQuantity(value, 'ratio', 2);
}

/** The interval of a multiple; of a match that no resample knows there is nothing to add. */
export function between({ low, high }: Spread): string {
  return low === Infinity ? '' : ` [${bare(low)}, ${bare(high)}]`;
}

export function times(value: number): string {
  return value === Infinity ? NEVER : `× ${formatQuantity(value, 'ratio', 2)}`;
}

/** A difference of losses. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${formatQuantity(Math.abs(value), 'plain', 2)}`;
}

/** What ten times the budget would change. */
function ahead(facts: Facts, twins: Pair, budget: number, aWins: boolean): string {
  const more = 10 * budget;
  const chance = twins.probability(more);
  if (!Number.isFinite(chance)) {
    return '';
  }
  const [a, b] = facts.pair.map(i => facts.names[i]);
  const said = compute(more);
  const share = aWins ? chance : 1 - chance;
  if (share >= facts.tossUp[0] && share <= facts.tossUp[1]) {
    return ` At ${said} it is a toss-up, ${percent(share)}.`;
  }
  if (share > facts.tossUp[1]) {
    return ` At ${said} ${aWins ? a : b} is better with ${percent(share)}.`;
  }
  return ` At ${said} ${aWins ? b : a} is better with ${percent(1 - share)}.`;
}

/** A loss and its interval. */
export function losses({ value, low, high }: Spread): string {
  return `${formatQuantity(value, 'loss')} ${formatInterval(low, high, 'loss')}`;
}
