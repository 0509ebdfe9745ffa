/** What the controls of the test-time screen hold, and what a sample then costs. */

import { formatQuantity } from '../frame/format.js';
import type { Verifier } from './testtime-counts.js';

export interface Model {
  label: string;
  size: number;
  params: number | null;
  /** Dollars for a million tokens, from a list. */
  price: number | null;
  /** Recorded of one sample. */
  dollars: number | null;
  tokens: number | null;
  seconds: number | null;
}

export interface Held {
  unit: string;
  dollars: number;
  tokens: number;
  seconds: number;
  worth: number;
  verifier: string;
  right: number;
  wrong: number;
  sampleTokens: number;
  hour: number;
  utilisation: number;
  factor: number;
  /** Other ways to pick an answer whose curves are switched on. */
  shown: string[];
}

export interface Facts {
  models: Model[];
  basis: string;
  /** Operations per second of the device. */
  peak: number;
  /** Whether models are called by their parameters. */
  sized: boolean;
  level: number;
}

const PER_PROBLEMS = 1000;

export const ratesOf = (held: Held): Verifier => (held.verifier === 'perfect' ? null : [held.right, held.wrong]);

/** Dollars, tokens or device-seconds of one sample of each model; NaN where nobody says. */
export function costsOf(held: Held, unit: string, { models, basis, peak }: Facts): number[] {
  return models.map(model => {
    const seconds = (2 * (model.params ?? NaN) * held.sampleTokens) / (peak * held.utilisation);
    if (unit === 'tokens') {
      return basis === 'recorded' ? (model.tokens ?? NaN) : held.sampleTokens;
    }
    if (unit === 'seconds') {
      return basis === 'device' ? seconds : (model.seconds ?? NaN);
    }
    if (basis === 'recorded') {
      return (model.dollars ?? NaN) * held.factor;
    }
    return basis === 'list' ? (held.sampleTokens * (model.price ?? NaN)) / 1e6 : (seconds * held.hour) / 3600;
  });
}

/** What one problem may cost, in the unit that is chosen. */
export function budgetOf(held: Held): number {
  return held.unit === 'dollars' ? held.dollars / PER_PROBLEMS : held.unit === 'tokens' ? held.tokens : held.seconds;
}

/** The same budget in another unit, for the model that is advised. */
export function budgetLike(held: Held, unit: string, model: number, facts: Facts): number {
  const [from, to] = [held.unit, unit].map(name => costsOf(held, name, facts)[model]);
  const value = (budgetOf(held) / from) * to * (unit === 'dollars' ? PER_PROBLEMS : 1);
  return Number(value.toPrecision(3));
}

// -- words: the twins of `figures/testtime/following.py` -----------------------------------------------

/** A whole number with thousands apart, as Python's `,.0f`. */
export function whole(value: number): string {
  return Math.round(value).toString().replace(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, ',');
}

/** Digits of a share: whole per cents, two digits below one. */
const shareDigits = (value: number): number => (value >= 0.00995 && value < 0.0995 ? 1 : 2);

export const share = (value: number): string =>
  Number.isFinite(value) ? formatQuantity(value, 'percent', shareDigits(value)) : '–';

export const between = (low: number, high: number): string =>
  Number.isFinite(low) ? `[${[low, high].map(end => share(end).replace(/ %$/, '')).join(', ')}]` : '';

export const samplesWords = (count: number): string => `${whole(count)} ${count === 1 ? 'sample' : 'samples'}`;

/** The budget in two parts: its amount, and for what. */
export function budgetWords(held: Held): [string, string] {
  if (held.unit === 'dollars') {
    return [`${formatQuantity(held.dollars, 'dollars', 2)} per 1,000`, 'problems'];
  }
  if (held.unit === 'tokens') {
    return [`${formatQuantity(held.tokens, 'tokens', 2)} tokens`, 'per problem'];
  }
  return [`${formatQuantity(held.seconds, 'plain', 2)} GPU-seconds`, 'per problem'];
}

/** A multiple of the budget, in words. */
export function budgetAt(held: Held, factor: number): string {
  if (held.unit === 'dollars') {
    return `${formatQuantity(held.dollars * factor, 'dollars', 2)} per 1,000 problems`;
  }
  if (held.unit === 'tokens') {
    return `${formatQuantity(held.tokens * factor, 'tokens', 2)} tokens per problem`;
  }
  return `${formatQuantity(held.seconds * factor, 'plain', 2)} GPU-seconds per problem`;
}
