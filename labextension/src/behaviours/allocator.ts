/**
 * `allocator`: the best split of a budget follows budget, machine and plan while a slider moves, and the
 * plan is a square that can be dragged over the map.
 *
 * The twin of `figures/allocator`, which draws the first picture. Names of sources are the contract.
 */

import type { Values } from '../pane/store.js';
import type { Behaviour, Context } from './index.js';
import { movingColumns, wasteRange, wasteTicks, type ColumnOptions, type Columns } from './allocator-columns.js';
import { SIX, SplitLaw } from './allocator-law.js';
import { answerOf, valuesOf, type Device, type Facts, type Held } from './allocator-numbers.js';
import { NextFrame } from './frames.js';
import { startHandle } from './handle.js';
import { perUnit } from './spending.js';

export interface AllocatorOptions extends ColumnOptions, Facts {
  rows: number;
  /** Resamples that bands are drawn from. */
  inBands: number;
  devices: Record<string, Device>;
}

type Numbers = Record<string, number>;

export interface Seen {
  values: Values;
  columns: Columns;
  ticks: Map<number, string>;
  waste: [number, number];
}

/** Everything that follows the controls, computed without a page: tested in node. */
export class AllocatorModel {
  readonly law: SplitLaw;
  private readonly rough: SplitLaw;

  constructor(
    readonly options: AllocatorOptions,
    arrays: Readonly<Record<string, ArrayLike<number>>>
  ) {
    this.law = new SplitLaw(arrays.rows);
    this.rough = this.law.part(options.inBands);
  }

  see(held: Held): Seen {
    const { options } = this;
    const device = options.devices[held.device];
    const found = answerOf(this.law, held, device);
    return {
      values: valuesOf(found, held, device, options),
      columns: movingColumns(this.rough, found, held, options),
      ticks: wasteTicks(held.budget, found.per.dollars),
      waste: wasteRange(found.best.params[0], held.params, options.around)
    };
  }
}

/** What else changes when a person changes this: dollars stay dollars, and the plan stays on its budget. */
export function following(
  changed: ReadonlySet<string>,
  read: (key: string) => number,
  text: (key: string) => string,
  model: AllocatorModel
): Numbers {
  const next: Numbers = {};
  const value = (key: string) => next[key] ?? read(key);
  const device = model.options.devices[text('hardware.device')];
  if (changed.has('hardware.device')) {
    next['hardware.price'] = device.price;
  }
  if (changed.has('hardware.gpus')) {
    next['hardware.gpus'] = Math.max(1, Math.round(read('hardware.gpus')));
  }
  const unit = text('budget.unit');
  if (['device', 'utilisation', 'price'].some(key => changed.has(`hardware.${key}`))) {
    const per = perUnit(device.peak * value('hardware.utilisation'), value('hardware.price'));
    if (unit === 'hours' || unit === 'dollars') {
      next['budget.flops'] = (read('budget.flops') / read(`per.${unit}`)) * per[unit];
    }
    next['per.hours'] = per.hours;
    next['per.dollars'] = per.dollars;
  }
  const budget = value('budget.flops');
  if (changed.has('plan.snap')) {
    next['plan.params'] = model.law.size(0, budget);
    next['plan.tokens'] = budget / (SIX * next['plan.params']);
  } else if (text('plan.keep') === 'budget') {
    if (changed.has('plan.tokens') && !changed.has('plan.params')) {
      next['plan.params'] = budget / (SIX * read('plan.tokens'));
    } else if (!changed.has('plan.tokens')) {
      next['plan.tokens'] = budget / (SIX * read('plan.params'));
    }
  }
  return Object.fromEntries(Object.entries(next).filter(([, v]) => v > 0 && Number.isFinite(v)));
}

/** One press of an arrow key. */
const STEP = 1.05;
/** Pixels of the map below which marks have no room for their numbers. */
const NARROW = 440;
const FOLLOW = /^(budget|hardware|plan)\./;
const DEPENDENT = ['budget.flops', 'hardware.gpus', 'hardware.price', 'plan.params', 'plan.tokens'];

export function startAllocator(options: AllocatorOptions, { store, view, arrays }: Context): Behaviour {
  const model = new AllocatorModel(options, arrays);
  const read = (key: string) => store.number(key);
  const text = (key: string) => String(store.get(key));
  const map = view.element('main');

  function held(): Held | null {
    const now: Held = {
      budget: read('budget.flops'),
      unit: text('budget.unit'),
      device: text('hardware.device'),
      gpus: Math.max(1, Math.round(read('hardware.gpus'))),
      utilisation: read('hardware.utilisation'),
      price: read('hardware.price'),
      served: read('serve.tokens'),
      servingUtilisation: read('serve.utilisation'),
      params: read('plan.params'),
      tokens: read('plan.tokens')
    };
    const fine = Object.values(now).every(v => typeof v === 'string' || (v > 0 && Number.isFinite(v)));
    return fine && Object.hasOwn(options.devices, now.device) ? now : null;
  }

  function update(): void {
    const now = held();
    if (now === null) {
      return;
    }
    const seen = model.see(now);
    if ((map?.clientWidth ?? NARROW) < NARROW) {
      // The words would be cut; the table has their numbers.
      const { columns } = seen;
      columns['plan-head'] = { ...columns['plan-head'], text: ['Your plan'] };
      for (const name of ['plan-lines', 'optimum-lines']) {
        columns[name] = { ...columns[name], text: [''] };
      }
    }
    view.local(() => {
      const [start, end] = seen.waste;
      view.byName('waste-x')?.setv({ start, end });
      view.byName('waste-dollars')?.setv({ major_label_overrides: seen.ticks });
      for (const [name, data] of Object.entries(seen.columns)) {
        const source = view.byName(name);
        if (source) {
          source.data = data;
        }
      }
    });
    store.set(seen.values, 'behaviour');
  }

  const frame = new NextFrame(update);
  const unsubscribe = store.subscribe((changed, origin) => {
    const ours = [...changed].filter(key => FOLLOW.test(key) || key.startsWith('serve.'));
    if (ours.length === 0) {
      return;
    }
    if (origin === 'user' && held() !== null && !(changed.has('plan.snap') && store.get('plan.snap') !== true)) {
      store.set({ ...following(changed, read, text, model), 'plan.snap': false }, 'behaviour');
    }
    frame.ask();
  });
  // What followed a control is let go of with it.
  const told = new Map(DEPENDENT.map(key => [key, store.get(key)]));
  const forget = store.onCommit(values => {
    Object.keys(values).forEach(key => told.set(key, store.get(key)));
    const late = DEPENDENT.filter(key => told.get(key) !== store.get(key));
    late.forEach(key => told.set(key, store.get(key)));
    if (late.length > 0) {
      store.commit(late);
    }
  });

  const kept = () => text('plan.keep') === 'budget';
  const setPlan = (params: number, tokens: number) => {
    if (params > 0 && tokens > 0) {
      store.set({ 'plan.params': Number(params.toPrecision(3)), 'plan.tokens': Number(tokens.toPrecision(3)) }, 'user');
    }
  };
  const setSize = (params: number) => {
    if (params > 0) {
      store.set({ 'plan.params': Number(params.toPrecision(3)) }, 'user');
    }
  };
  const handle = startHandle(
    {
      figure: 'main',
      label: 'Your plan: drag, or use the arrow keys, to change its parameters and tokens',
      at: () => [read('plan.params'), read('plan.tokens')],
      // On the budget the pointer is brought to the nearest point of its line.
      drag: (x, y) => (kept() ? setSize(Math.sqrt((read('budget.flops') / SIX) * (x / y))) : setPlan(x, y)),
      step(right, up) {
        if (kept()) {
          setSize(read('plan.params') * STEP ** (right - up));
        } else {
          setPlan(read('plan.params') * STEP ** right, read('plan.tokens') * STEP ** up);
        }
      },
      done: () => store.commit(['plan.params', 'plan.tokens'])
    },
    store,
    view
  );
  const resized = new ResizeObserver(() => frame.ask());
  if (map) {
    resized.observe(map);
  }
  frame.ask();
  return {
    dispose() {
      resized.disconnect();
      unsubscribe();
      forget();
      handle.dispose();
      frame.cancel();
    }
  };
}
