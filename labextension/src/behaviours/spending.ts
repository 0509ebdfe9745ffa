/** A budget in three units, as sentence and notes say it: the twin of `figures/spending.py`. */

import { formatQuantity } from '../frame/format.js';

const SECONDS_PER_HOUR = 3600;

export interface PerUnit {
  hours: number;
  dollars: number;
}

/** Operations behind one GPU-hour and one dollar. */
export function perUnit(rate: number, price: number): PerUnit {
  const hours = rate * SECONDS_PER_HOUR;
  return { hours, dollars: hours / price };
}

/** The budget in all three units. */
export function spent(budget: number, unit: string, per: PerUnit): Record<string, number | string> {
  const said: Record<string, string> = {
    flops: compute(budget),
    hours: `${formatQuantity(budget / per.hours, 'hours').replace(/hours?$/, '').trim()} GPU-hours`,
    dollars: formatQuantity(budget / per.dollars, 'dollars')
  };
  return {
    'answer.budget': said[unit] ?? said.flops,
    'budget.others': Object.entries(said)
      .filter(([key]) => key !== unit)
      .map(([, words]) => words)
      .join(', '),
    'per.hours': per.hours,
    'per.dollars': per.dollars
  };
}

export function compute(flops: number): string {
  return formatQuantity(flops, 'flops', 2);
}
