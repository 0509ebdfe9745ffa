/** What a budget and a plan come to, in numbers and words: the twin of `figures/allocator/numbers.py`. */

import { digitsApart, formatInterval, formatQuantity, splitQuantity } from '../frame/format.js';
import { endsOf, halve, type Models, type SplitLaw } from './allocator-law.js';
import { perUnit, spent, type PerUnit } from './spending.js';

const FORWARD = 1 / 3;
/** Values nearer than this, relative, are one value. */
export const SAME = 1e-9;
/** Bytes a parameter of mixed-precision training, and of activations (`allocation/memory.py`). */
const [STATES, ACTIVATIONS, GIGABYTE] = [16, 34, 1e9];
const LOAD_AND_BUILDING = 0.8 * 1.2;

export interface Device {
  /** Operations per second, dense. */
  peak: number;
  /** A round figure for an hour. */
  price: number;
}

export interface Facts {
  level: number;
  /** What the rules are called. */
  rules: Record<string, string>;
  search: { aspect: number; halvings: number };
  /** Rated power by device, where somebody gave it. */
  watts: Record<string, number>;
}

export interface Held {
  budget: number;
  unit: string;
  device: string;
  gpus: number;
  utilisation: number;
  price: number;
  served: number;
  servingUtilisation: number;
  params: number;
  tokens: number;
  rule: string;
  context: number;
  active: number;
  unique: Limit;
  memory: Limit;
  deadline: Limit;
}

export interface Limit {
  on: boolean;
  at: number;
}

export interface Answer {
  best: Models;
  plan: { params: number; tokens: number; loss: Float64Array };
  equal: Models;
  equalFlops: Float64Array;
  planFlops: number;
  /** What the deadline leaves of the budget. */
  budget: number;
  /** Compute that the deadline leaves, and the largest model that the memory holds. */
  most: { flops: number; params: number };
  /** Share of the plan's cost that an optimal run of its loss would save. */
  waste: Float64Array;
  per: PerUnit;
}

/** Largest model that the memory holds, everything sharded over all devices. */
export function mostParams(held: Held, { aspect, halvings }: Facts['search']): number {
  if (!held.memory.on) {
    return Infinity;
  }
  const needed = (size: number) => {
    const layers = Math.cbrt(size / (12 * aspect ** 2));
    return (size * STATES) / held.gpus + layers * held.context * aspect * layers * ACTIVATIONS;
  };
  const fits = (at: number) => needed(Math.exp(at)) <= held.memory.at * GIGABYTE;
  return Math.exp(halve(2 * halvings, Math.log(1e3), Math.log(1e18), fits));
}

export function answerOf(law: SplitLaw, held: Held, device: Device, facts: Facts): Answer {
  const per = perUnit(device.peak * held.utilisation, held.price);
  const most = {
    flops: held.deadline.on ? per.hours * 24 * held.deadline.at * held.gpus : Infinity,
    params: mostParams(held, facts.search)
  };
  const budget = Math.min(held.budget, most.flops);
  const best = law.best(budget, most.params);
  // The cheapest run as good fits into the memory where the plan does.
  const within = held.params <= most.params ? most.params : Infinity;
  const loss = new Float64Array(law.rows);
  const equalFlops = new Float64Array(law.rows);
  const waste = new Float64Array(law.rows);
  const planFlops = law.flops(held.params, held.tokens);
  for (let r = 0; r < law.rows; r++) {
    loss[r] = law.loss(r, held.params, held.tokens);
    // No run is dearer than itself, also where repeated tokens teach nothing more.
    equalFlops[r] = Math.min(law.cheapestWithin(r, loss[r], within), planFlops);
    waste[r] = Math.max(1 - equalFlops[r] / planFlops, 0);
  }
  return {
    best,
    plan: { params: held.params, tokens: held.tokens, loss },
    equal: law.best(equalFlops, within),
    equalFlops,
    planFlops,
    budget,
    most,
    waste,
    per
  };
}

/** How many times a number the end of its interval may be to be written in its unit. */
const NEAR = 100;

/** A number, and its interval: in the unit of the number and without it, unless it reaches far beyond. */
export function ranged(values: Float64Array, kind: string, level: number, digits?: number): [string, string] {
  const { low, high } = endsOf(values, level);
  // At a limit all resamples agree.
  if (Number.isNaN(low) || high - low <= SAME * Math.abs(values[0])) {
    return [formatQuantity(values[0], kind, digits), ''];
  }
  digits = digitsApart(low, high, kind, digits);
  const said = formatQuantity(values[0], kind, digits);
  const unit = splitQuantity(values[0], kind, digits)[1];
  const words = formatInterval(low, high, kind, digits, high < NEAR * values[0] ? values[0] : undefined);
  return [said, ` ${unit !== '' && words.endsWith(` ${unit}`) ? words.slice(0, -unit.length - 1) : words}`];
}

/** Interval of the money that an optimal run would save. */
export function between(waste: Float64Array, dollars: number, level: number): string {
  const { low, high } = endsOf(waste, level);
  return Number.isNaN(low) ? '' : ` ${formatInterval(low * dollars, high * dollars, 'dollars')}`;
}

export function valuesOf(
  law: SplitLaw,
  found: Answer,
  held: Held,
  device: Device,
  { least, edge }: { least: number; edge: number },
  { level, watts, rules }: Facts
): Record<string, number | string | boolean> {
  const { best, per } = found;
  const [size, sizeRange] = ranged(best.params, 'params', level);
  const [data, dataRange] = ranged(best.tokens, 'tokens', level);
  const [loss, lossRange] = ranged(best.loss, 'loss', level);
  const ratios = best.tokens.map((tokens, r) => tokens / best.params[r]);
  const { budget } = found;
  const days = budget / per.hours / held.gpus / 24;
  const wasted = found.planFlops / per.dollars;
  return {
    ...spent(held.budget, held.unit, per),
    'answer.params': size,
    'answer.params_range': sizeRange,
    'answer.tokens': data,
    'answer.tokens_range': dataRange,
    'answer.loss': loss,
    'answer.loss_range': lossRange,
    'answer.ratio': ranged(ratios, 'ratio', level, 2).join(''),
    'answer.clock':
      days < 1 ? `${formatQuantity(24 * days, 'plain', 2)} hours` : `${formatQuantity(days, 'plain', 2)} days`,
    'answer.machine': `${whole(held.gpus)} ${held.device}`,
    'answer.dollars': formatQuantity(held.budget / per.dollars, 'dollars', 3),
    'answer.reach': reach(budget / edge, budget / least),
    'answer.below': budget < least * 0.98,
    'answer.beyond': budget > edge * 1.02,
    'answer.decades': Math.max(Math.log10(budget / edge), 0).toFixed(1),
    'answer.limits': limitWords(law, found, held),
    'answer.searched': law.searched,
    'answer.resamples': whole(law.rows - 1),
    'answer.rule': rules[held.rule],
    'limit.fits': fitsWords(found, held),
    'code.limits': codeWords(held),
    'answer.round_price': held.price === device.price,
    'answer.size': best.params[0],
    'answer.data': best.tokens[0],
    'answer.best_loss': best.loss[0],
    'plan.loss': found.plan.loss[0],
    'plan.worse': found.plan.loss[0] - best.loss[0],
    'plan.waste': found.waste[0],
    'plan.saved': formatQuantity(found.waste[0] * wasted, 'dollars', 3),
    'plan.saved_range': between(found.waste, wasted, level),
    ...costs(law, found, held, device, level, Object.hasOwn(watts, held.device) ? watts[held.device] : null),
    'plan.pays': payback(law, found, held, device, level)
  };
}

/** A whole number with its thousands apart. */
function whole(value: number): string {
  return String(value).replace(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, ',');
}

/** Which limits the optimum stands at. */
function limitWords(law: SplitLaw, { best, budget, most, per }: Answer, held: Held): string {
  const out: string[] = [];
  if (budget < held.budget) {
    out.push(`The deadline leaves ${formatQuantity(budget / per.dollars, 'dollars', 3)} of it.`);
  }
  if (best.params[0] >= most.params * (1 - 1e-9)) {
    const free = formatQuantity(law.cheapest(0, best.loss[0]) / per.dollars, 'dollars', 3);
    out.push(`Memory holds no more than ${formatQuantity(most.params, 'params')}; without that limit ${free} would do.`);
  }
  if (held.unique.on) {
    const passes = Math.max(best.tokens[0] / held.unique.at, 1);
    out.push(
      passes > 1.005 ? `It reads its tokens ${formatQuantity(passes, 'ratio', 2)} times.` : 'No token is read twice.'
    );
  }
  return out.join(' ');
}

/** Whether the plan is within the limits. */
export function fitsWords({ planFlops, most }: Answer, held: Held): string {
  const out: string[] = [];
  if (held.params > most.params) {
    out.push('too large for the memory');
  }
  if (planFlops > most.flops * (1 + 1e-9)) {
    out.push('misses the deadline');
  }
  return out.join(', ');
}

/** Arguments of `sw.allocate` that stand for the rule and the limits. */
function codeWords({ rule, context, active, unique, memory, deadline }: Held): string {
  const exact = (value: number) => formatQuantity(value, 'code');
  return [
    rule === 'attention' ? `, flops_rule=with_attention(${exact(context)})` : '',
    rule === 'moe' ? `, flops_rule=mixture_of_experts(${exact(active)})` : '',
    unique.on ? `, unique_tokens=${exact(unique.at)}` : '',
    memory.on ? `, memory=TrainingMemory(${exact(memory.at)}, context=${exact(context)})` : '',
    deadline.on ? `, days=${exact(deadline.at)}` : ''
  ].join('');
}

function reach(times: number, above: number): string {
  if (above < 0.98) {
    return `The budget is ${formatQuantity(1 / above, 'ratio', 2)} times below the smallest run.`;
  }
  return times <= 1.02
    ? 'The budget lies inside the runs.'
    : `The budget takes ${formatQuantity(times, 'ratio', 2)} times the compute of the largest run.`;
}

/** Dollars to serve one token. */
function servingPrice(law: SplitLaw, params: number, held: Held, device: Device): number {
  return ((FORWARD * law.rule.perToken(params)) / (device.peak * held.servingUtilisation * 3600)) * held.price;
}

const DIGITS = { params: 2, tokens: 3, loss: 4 } as const;

function costs(
  law: SplitLaw,
  found: Answer,
  held: Held,
  device: Device,
  level: number,
  watts: number | null
): Record<string, string> {
  const { best, plan, equal, per } = found;
  const out: Record<string, string> = {
    'costs.days': `Days, ${whole(held.gpus)} ${held.gpus === 1 ? 'GPU' : 'GPUs'}`,
    'costs.served': `Serving ${formatQuantity(held.served, 'tokens')}`
  };
  const models: [string, { params: number; tokens: number; loss: number }, number][] = [
    ['best', { params: best.params[0], tokens: best.tokens[0], loss: best.loss[0] }, found.budget],
    ['plan', { params: plan.params, tokens: plan.tokens, loss: plan.loss[0] }, found.planFlops],
    ['equal', { params: equal.params[0], tokens: equal.tokens[0], loss: equal.loss[0] }, found.equalFlops[0]]
  ];
  for (const [name, model, flops] of models) {
    for (const part of ['params', 'tokens', 'loss'] as const) {
      out[`costs.${part}.${name}`] = formatQuantity(model[part], part, DIGITS[part]);
      if (name === 'best') {
        out[`costs.${part}.range`] = ranged(best[part], part, level)[1];
      }
    }
    const training = flops / per.dollars;
    const serving = servingPrice(law, model.params, held, device) * held.served;
    const hours = flops / per.hours;
    out[`costs.training.${name}`] = formatQuantity(training, 'dollars', 3);
    out[`costs.days.${name}`] = formatQuantity(hours / held.gpus / 24, 'plain');
    out[`costs.energy.${name}`] = watts === null ? '–' : energy((hours * watts * LOAD_AND_BUILDING) / 1000);
    out[`costs.serving.${name}`] = formatQuantity(serving, 'dollars', 3);
    out[`costs.life.${name}`] = formatQuantity(training + serving, 'dollars', 3);
  }
  return out;
}

function energy(kwh: number): string {
  if (kwh >= 1e6) {
    return `${formatQuantity(kwh / 1e6, 'plain')} GWh`;
  }
  return kwh >= 1e3 ? `${formatQuantity(kwh / 1e3, 'plain')} MWh` : `${formatQuantity(kwh, 'plain')} kWh`;
}

/** After how many tokens served the plan has earned back what it wastes in training. */
function payback(law: SplitLaw, found: Answer, held: Held, device: Device, level: number): string {
  const size = found.plan.params;
  const price = servingPrice(law, size, held, device);
  const wasted = found.planFlops / found.per.dollars;
  const served = found.waste.map((share, r) => {
    const dearer = price * (law.rule.perToken(found.equal.params[r]) / law.rule.perToken(size) - 1);
    return dearer > 0 ? (share * wasted) / dearer : Infinity;
  });
  if (!Number.isFinite(served[0])) {
    return 'Your plan is dearer to serve than the cheapest run as good';
  }
  const { low, high } = endsOf(served, level);
  const [said, span] = ranged(served, 'tokens', level);
  const between = high === Infinity ? ` [${formatQuantity(low, 'tokens')}, never]` : span;
  return `Your plan pays back after ${said}${between} tokens served`;
}
