/**
 * `allocator`: the best split of a budget follows budget, machine and plan while a slider moves, and the
 * plan is a square that can be dragged over the map.
 *
 * The twin of `figures/allocator`, which draws the first picture. Names of sources are the contract.
 */

import type { Values } from '../pane/store.js';
import type { Behaviour, Context } from './index.js';
import { movingColumns, wasteRange, wasteTicks, type ColumnOptions, type Columns } from './allocator-columns.js';
import { Rule, SplitLaw, type Search } from './allocator-law.js';
import { answerOf, valuesOf, type Device, type Facts, type Held, type Limit } from './allocator-numbers.js';
import { endsOfRuns, standingColumns } from './allocator-standing.js';
import { NextFrame, widthOf } from './frames.js';
import { startHandle } from './handle.js';
import { perUnit } from './spending.js';

export interface AllocatorOptions extends ColumnOptions, Facts {
  rows: number;
  /** Resamples that bands are drawn from. */
  inBands: number;
  /** Where the best split is searched for. */
  inSearch: number;
  search: Search;
  devices: Record<string, Device>;
}

type Numbers = Record<string, number>;

export interface Seen {
  values: Values;
  columns: Columns;
  ticks: Map<number, string>;
  waste: [number, number];
  edge: number;
}

/** Everything that follows the controls, computed without a page: tested in node. */
export class AllocatorModel {
  private drawn = { key: '', law: null as SplitLaw | null, ends: { least: 0, edge: 0 } };

  constructor(
    readonly options: AllocatorOptions,
    private readonly arrays: Readonly<Record<string, ArrayLike<number>>>
  ) {}

  /** The law at a rule of counting and with so many unique tokens; kept until one of them is another. */
  law({ rule, context, active, unique }: Counting): SplitLaw {
    const key = JSON.stringify([rule, context, active, unique]);
    if (this.drawn.law === null || this.drawn.key !== key) {
      const { options, arrays } = this;
      const counted = Rule.of(rule, context, active, options.search);
      const distinct = unique.on ? unique.at : Infinity;
      const whole = new SplitLaw(arrays.rows, counted, distinct, options.reach, options.search);
      const law = whole.searched ? whole.part(options.inSearch) : whole;
      this.drawn = { key, law, ends: endsOfRuns(law, arrays.runs) };
    }
    return this.drawn.law as SplitLaw;
  }

  /** Everything that is said and drawn; `standing` too where rule or unique tokens have changed. */
  see(held: Held, map: [number, number] = this.options.map, standing = true): Seen {
    const options = { ...this.options, map };
    const device = options.devices[held.device];
    const law = this.law(held);
    const rough = law.part(options.inBands);
    const found = answerOf(law, held, device, options);
    return {
      values: valuesOf(law, found, held, device, this.drawn.ends, options),
      columns: {
        ...(standing ? standingColumns(law, rough, this.arrays.runs, options) : {}),
        ...movingColumns(law, rough, found, held, options)
      },
      ticks: wasteTicks(found.budget, found.per.dollars),
      waste: wasteRange(found.best.params[0], held.params, options.around),
      edge: this.drawn.ends.edge
    };
  }
}

type Counting = Pick<Held, 'rule' | 'context' | 'active' | 'unique'>;

/** What the controls say of the rule and of the unique tokens. */
export function countingOf(read: (key: string) => number, text: (key: string) => string): Counting {
  return {
    rule: text('rule.kind'),
    context: read('rule.context'),
    active: read('rule.active'),
    unique: limitOf('unique', read, text)
  };
}

function limitOf(name: string, read: (key: string) => number, text: (key: string) => string): Limit {
  return { on: text(`limit.${name}`) === 'on', at: read(`limit.${name}.at`) };
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
  const law = model.law(countingOf(read, text));
  if (changed.has('plan.snap')) {
    next['plan.params'] = read('answer.size');
    next['plan.tokens'] = read('answer.data');
  } else if (text('plan.keep') === 'budget') {
    if (changed.has('plan.tokens') && !changed.has('plan.params')) {
      next['plan.params'] = law.rule.size(budget / read('plan.tokens'));
    } else if (!changed.has('plan.tokens')) {
      next['plan.tokens'] = law.tokens(budget, read('plan.params'));
    }
  }
  return Object.fromEntries(Object.entries(next).filter(([, v]) => v > 0 && Number.isFinite(v)));
}

/** One press of an arrow key. */
const STEP = 1.05;
/** Pixels of the map below which marks have no room for their numbers. */
const NARROW = 560;
/** What has to be above zero, as a sentence names it. */
const CHECKED = [
  ['hardware.price', 'The price of a GPU-hour'],
  ['hardware.utilisation', 'The utilisation'],
  ['budget.flops', 'The budget'],
  ['serve.tokens', 'The number of tokens to serve'],
  ['serve.utilisation', 'The utilisation in serving'],
  ['plan.params', 'The number of parameters'],
  ['plan.tokens', 'The number of tokens'],
  ['rule.context', 'The length of a sequence'],
  ['rule.active', 'The share of active parameters'],
  ['limit.unique.at', 'The number of unique tokens'],
  ['limit.memory.at', 'The memory of a GPU'],
  ['limit.deadline.at', 'The number of days']
] as const;
const problem = (what: string, key: string) =>
  `${what} is not above zero. ${key === 'hardware.price' ? 'Enter a price: free compute has no best split. ' : ''}` +
  'The picture is that of the last good numbers.';
const FOLLOW = /^(budget|hardware|plan|rule|limit)\./;
const DEPENDENT = ['budget.flops', 'hardware.gpus', 'hardware.price', 'plan.params', 'plan.tokens'];

export function startAllocator(options: AllocatorOptions, { store, view, arrays }: Context): Behaviour {
  const model = new AllocatorModel(options, arrays);
  const read = (key: string) => store.number(key);
  const text = (key: string) => String(store.get(key));
  const map = view.element('main');
  let drawn: SplitLaw | null = null;
  const width = widthOf(map, NARROW);

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
      tokens: read('plan.tokens'),
      ...countingOf(read, text),
      memory: limitOf('memory', read, text),
      deadline: limitOf('deadline', read, text)
    };
    const numbers = Object.values(now).map(v => (typeof v === 'object' ? v.at : v));
    const fine = numbers.every(v => typeof v === 'string' || (v > 0 && Number.isFinite(v)));
    return fine && Object.hasOwn(options.devices, now.device) && Object.hasOwn(options.rules, now.rule) ? now : null;
  }

  function update(): void {
    const now = held();
    if (now === null) {
      // The last good picture stays, and a sentence says why.
      const bad = CHECKED.find(([key]) => !(read(key) > 0));
      store.set({ 'input.fine': false, 'input.problem': problem(bad?.[1] ?? 'A number', bad?.[0] ?? '') }, 'behaviour');
      return;
    }
    const law = model.law(now);
    const { inner_width: across, inner_height: along } = view.byName('main') ?? {};
    const seen = model.see(now, across > 0 && along > 0 ? [across, along] : options.map, law !== drawn);
    drawn = law;
    const narrow = width() < NARROW;
    const { columns } = seen;
    const label = columns['frontier-label'] ?? view.byName('frontier-label')?.data;
    if (label?.text?.length === 1) {
      columns['frontier-label'] = { ...label, text: [narrow ? 'frontier' : 'efficient frontier'] };
    }
    if (narrow) {
      // The words would be cut; the table has their numbers.
      if (columns['wall-memory-label'].text.length === 1) {
        columns['wall-memory-label'] = { ...columns['wall-memory-label'], text: ['memory'] };
      }
      columns['plan-head'] = { ...columns['plan-head'], text: ['Your plan'] };
      for (const name of ['plan-lines', 'optimum-lines']) {
        columns[name] = { ...columns[name], text: [''] };
      }
    }
    view.local(() => {
      const [start, end] = seen.waste;
      view.byName('waste-x')?.setv({ start, end });
      view.byName('growth-ground')?.setv({ left: seen.edge });
      view.byName('waste-dollars')?.setv({ major_label_overrides: seen.ticks });
      for (const [name, data] of Object.entries(seen.columns)) {
        const source = view.byName(name);
        if (source) {
          source.data = data;
        }
      }
    });
    store.set({ ...seen.values, 'input.fine': true, 'input.problem': '' }, 'behaviour');
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
      drag: (x, y) => (kept() ? setSize(Math.sqrt((read('budget.flops') / model.law(countingOf(read, text)).rule.linear) * (x / y))) : setPlan(x, y)),
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
