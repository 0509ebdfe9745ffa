/** What sentence, table and notes say: the twin of `figures/testtime/numbers.py`. */

import { formatQuantity } from '../frame/format.js';
import type { Value } from '../pane/store.js';
import type { Counts } from './testtime-counts.js';
import {
  between,
  budgetAt,
  budgetWords,
  costsOf,
  ratesOf,
  samplesWords,
  share,
  whole,
  type Facts,
  type Held
} from './testtime-held.js';
import type { Menu } from './testtime-menu.js';

const ADVISED = ['model', 'name', 'times', 'solved', 'range', 'sure', 'ceiling', 'saturation', 'fold', 'coverage'];

export function valuesOf(counts: Counts, found: Menu, held: Held, facts: Facts): Record<string, Value> {
  const { best } = found;
  const at = Math.max(best, 0);
  const unsolved = unsolvedOf(counts, at);
  return {
    'answer.budget': budgetWords(held).join(' '),
    'answer.paid': best >= 0,
    'answer.noisy': ratesOf(held) !== null,
    'answer.change': changeWords(found, held, facts),
    'price.note': priceNote(at, held, facts),
    ...advised(counts, found, held, facts),
    ...rowsOf(found, facts),
    'trust.fitted': found.fitted.some((one, m) => one && found.samples[m] > 0),
    'trust.answer_fitted': best >= 0 && found.fitted[best],
    'trust.unsolved': `${whole(unsolved)} ${unsolved === 1 ? 'problem' : 'problems'} never solved by ${facts.models[at].label}`,
    'trust.some_unsolved': unsolved > 0
  };
}

function unsolvedOf({ c, problems }: Counts, model: number): number {
  let total = 0;
  for (let i = 0; i < problems; i++) {
    total += c[model * problems + i] === 0 ? 1 : 0;
  }
  return total;
}

/** A share of the resamples: all of them is more than nearly all. */
const chanceWords = (chance: number): string =>
  formatQuantity(chance, 'percent', chance > 0.985 && chance < 1 ? 3 : 2);

const timesWords = (count: number): string => (count === 1 ? 'once' : `${whole(count)} times`);

function advised(counts: Counts, found: Menu, held: Held, facts: Facts): Record<string, Value> {
  const { best } = found;
  if (best < 0) {
    return { ...Object.fromEntries(ADVISED.map(name => [`answer.${name}`, ''])), 'hard.note': '' };
  }
  const { label } = facts.models[best];
  const chance = found.probability[best];
  const times = timesWords(found.samples[best]);
  const words = between(found.low[best], found.high[best]);
  const saturates = Number.isNaN(found.saturation)
    ? `not within ${whole(counts.least[best])} samples`
    : found.saturation < 1
      ? 'no sample earns what it costs'
      : samplesWords(found.saturation);
  return {
    'answer.model': facts.sized ? `the ${label} model` : label,
    'answer.name': label,
    'answer.times': times,
    'answer.solved': share(found.solved[best]),
    'answer.range': words === '' ? '' : ` ${words}`,
    'answer.sure':
      chance >= 1
        ? `Best in all ${whole(found.rows)} resamples.`
        : `Best in ${chanceWords(chance)} of ${whole(found.rows)} resamples.`,
    'answer.ceiling': share(found.ceiling[best]),
    'answer.saturation': saturates,
    'answer.fold': `${label}, ${times}`,
    'answer.coverage': behindWords(counts, held, label),
    'hard.note': `${label}. Bars: counted. Dots: beta-binomial, ${Number((100 * facts.level).toPrecision(6))} %`
  };
}

function behindWords(counts: Counts, held: Held, label: string): string {
  const many = counts.models > 1 ? `${counts.models} models` : 'One model';
  if (ratesOf(held) === null) {
    return `${many}, perfect verifier; orange: ${label}. Dashed: fitted.`;
  }
  return `${many}, perfect verifier; orange: ${label} behind yours. Dashed: fitted.`;
}

function changeWords(found: Menu, held: Held, facts: Facts): string {
  if (found.best < 0 || facts.models.length === 1) {
    return '';
  }
  const noisy = ratesOf(held) !== null;
  if (found.change === null) {
    return noisy
      ? 'No share of wrong answers accepted would change the model.'
      : 'No budget within a hundredfold would change the model.';
  }
  const [bar, other] = found.change;
  const name = facts.models[other].label;
  if (noisy) {
    const side = bar < held.wrong ? 'fewer' : 'more';
    const said = formatQuantity(bar, 'percent', 2);
    const bought = samplesWords(found.samples[other]);
    return `If your verifier accepted ${side} than ${said} of wrong answers, ${name} with ${bought} would win.`;
  }
  return `${bar > 1 ? 'From' : 'Below'} ${budgetAt(held, bar)}${bar > 1 ? ' on' : ''}, ${name} would win.`;
}

function priceNote(model: number, held: Held, facts: Facts): string {
  const each = costsOf(held, 'dollars', facts)[model];
  return `${facts.models[model].label}: ${formatQuantity(each * 1e6, 'dollars', 3)} per million samples`;
}

function rowsOf(found: Menu, facts: Facts): Record<string, Value> {
  const out: Record<string, Value> = {};
  found.order.forEach((place, row) => {
    const bought = found.samples[place];
    const paid = bought > 0;
    const words = paid ? between(found.low[place], found.high[place]) : '';
    out[`menu.${row}.place`] = place;
    out[`menu.${row}.model`] = facts.models[place].label;
    out[`menu.${row}.samples`] = paid ? whole(bought) : '–';
    out[`menu.${row}.solved`] = paid ? share(found.solved[place]) + (found.fitted[place] ? '*' : '') : '–';
    out[`menu.${row}.range`] = words === '' ? '' : ` ${words}`;
    out[`menu.${row}.ceiling`] = share(found.ceiling[place]);
    out[`menu.${row}.best`] = paid ? chanceWords(found.probability[place]) : '–';
  });
  return out;
}
