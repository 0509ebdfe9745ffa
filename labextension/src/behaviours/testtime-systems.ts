/**
 * `test-time-systems`: which system a budget buys, and what a mix of two would reach.
 *
 * The twin of `figures/testtime/whole.py`.
 */

import { formatQuantity } from '../frame/format.js';
import type { Values } from '../pane/store.js';
import type { Behaviour, Context } from './index.js';
import { Following } from './frames.js';
import { columnWriter, showSystems, type SystemAxis } from './testtime-axes.js';
import { whole } from './testtime-held.js';
import type { Columns } from './testtime-map.js';

interface Axis extends SystemAxis {
  names: string[];
  cost: number[];
  value: number[];
  low: (number | null)[];
  high: (number | null)[];
  probability: (number | null)[];
  /** Places that no other beats, by rising cost; those of its upper hull. */
  front: number[];
  hull: number[];
  draws: number;
  /** Ends of the axis of values. */
  values: [number, number];
  /** Words of the table of systems, by flat key. */
  ranked: Values;
}

export interface SystemsOptions {
  axes: Record<string, Axis>;
  /** Whether costs are those of one problem (in dollars, a thousand). */
  each: boolean;
}

const share = (value: number): string => formatQuantity(value, 'percent', 3);
const bare = (value: number): string => share(value).replace(/ %$/, '');

export function amount(unit: string, cost: number, each: boolean): string {
  if (unit === 'dollars') {
    return `${formatQuantity(cost, 'dollars', 2)}${each ? ' per 1,000 problems' : ''}`;
  }
  if (unit === 'tokens') {
    return `${formatQuantity(cost, 'tokens', 2)} tokens${each ? ' per problem' : ''}`;
  }
  return `${formatQuantity(cost, 'plain', 2)} seconds${each ? ' per problem' : ''}`;
}

/** What a budget buys, in words and marks. */
export function systemsAt(
  { axes, each }: SystemsOptions,
  unit: string,
  budget: number
): { values: Values; columns: Columns } {
  const axis = axes[unit];
  const { cost, value, names, front } = axis;
  const bought = front.filter(i => cost[i] <= budget * (1 + 1e-12));
  const best = bought.length > 0 ? bought[bought.length - 1] : -1;
  const [low, high] = axis.values;
  const columns: Columns = {
    'sys-budget': { x: [budget], y: [low], y1: [high] },
    'sys-budget-label': { x: [budget], y: [low], text: ['budget'] },
    'sys-answer': best < 0 ? { x: [], y: [] } : { x: [cost[best]], y: [value[best]] }
  };
  const said = { ...axis.ranked, 'answer.budget': amount(unit, budget, each), 'answer.paid': best >= 0 };
  if (best < 0) {
    const cheapest = amount(unit, cost[front[0]], each);
    const sure = `The cheapest, ${names[front[0]]}, takes ${cheapest}.`;
    const none = { 'answer.system': '', 'answer.solved': '', 'answer.range': '', 'answer.change': '' };
    return { values: { ...said, ...none, 'answer.sure': sure }, columns };
  }
  const [from, to] = [axis.low[best], axis.high[best]];
  const chance = axis.probability[best];
  return {
    values: {
      ...said,
      'answer.system': names[best],
      'answer.solved': share(value[best]),
      'answer.range': from === null || to === null ? '' : ` [${bare(from)}, ${bare(to)}]`,
      'answer.sure':
        chance === null
          ? 'Nothing says how noisy these values are.'
          : `On the frontier in ${formatQuantity(chance, 'percent', 2)} of ${whole(axis.draws)} resamples.`,
      'answer.change': changeWords(axis, unit, best, budget, each)
    },
    columns
  };
}

function changeWords(axis: Axis, unit: string, best: number, budget: number, each: boolean): string {
  const { cost, value, names, front, hull } = axis;
  const after = front[front.indexOf(best) + 1];
  if (after === undefined) {
    return 'No system here reaches more at any price.';
  }
  let said = `From ${amount(unit, cost[after], each)} on, ${names[after]} reaches ${share(value[after])}.`;
  const at = hull.filter(i => cost[i] <= budget).length - 1;
  if (at >= 0 && at < hull.length - 1) {
    const [cheap, dear] = [hull[at], hull[at + 1]];
    const part = (budget - cost[cheap]) / (cost[dear] - cost[cheap]);
    const reached = value[cheap] + part * (value[dear] - value[cheap]);
    if (reached > value[best] + 5e-4) {
      const sent = formatQuantity(part, 'percent', 2);
      said += ` Sending ${sent} of the problems to ${names[dear]} mixes to ${share(reached)}.`;
    }
  }
  return said;
}

export function startTestTimeSystems(options: SystemsOptions, { store, view }: Context): Behaviour {
  const put = columnWriter(view);
  const update = () => {
    const unit = String(store.get('budget.unit'));
    const budget = store.number(`budget.${unit}`);
    if (!Object.hasOwn(options.axes, unit) || !(budget > 0 && Number.isFinite(budget))) {
      return;
    }
    const { values, columns } = systemsAt(options, unit, budget);
    view.local(() => {
      showSystems(view, put, options.axes, unit);
      const [start, end] = options.axes[unit].values;
      view.byName('systems-y')?.setv({ start, end });
      put(columns);
    });
    store.set(values, 'behaviour');
  };
  const frame = new Following(store, /^budget\./, update);
  frame.ask();
  return {
    dispose() {
      frame.stop();
    }
  };
}
