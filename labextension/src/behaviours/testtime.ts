/**
 * `test-time`: which model, how many samples, behind which verifier, while a slider moves.
 *
 * The twin of `figures/testtime`, which draws the first picture. Names of sources are the contract. What the
 * user's own verifier does not touch, the plane of all verifiers, is computed anew only when the budget buys
 * other numbers of samples.
 */

import type { Values } from '../pane/store.js';
import type { Behaviour, Context } from './index.js';
import { NextFrame } from './frames.js';
import { startHandle } from './handle.js';
import { Coverage, type ColumnOptions } from './testtime-columns.js';
import { Counts } from './testtime-counts.js';
import { between, budgetLike, budgetOf, costsOf, ratesOf, share, type Held } from './testtime-held.js';
import { areaColumns, userColumns, type Columns } from './testtime-map.js';
import { menu, type Menu } from './testtime-menu.js';
import { valuesOf } from './testtime-numbers.js';
import { columnWriter, setTicks, showAxis, showSystems, type SystemAxis } from './testtime-axes.js';
import { Spending, type Spent } from './testtime-spent.js';

export interface TestTimeOptions extends ColumnOptions {
  problems: number;
  resamples: number;
  fitted: number;
  right: [number, number];
  wrong: [number, number];
  /** Columns of the figure of difficulty, model by model. */
  hard: Columns[];
  /** Axis of that figure, model by model. */
  problemTicks: { top: number; ticks: Record<string, string> }[];
  /** Other ways to pick an answer, model by model. */
  selected: Record<string, Selected>;
  /** Systems against each kind of cost that is known of them. */
  systems: Record<string, SystemAxis>;
}

interface Selected {
  label: string;
  k: number[];
  value: number[][];
  low: number[][];
  high: number[][];
}

export interface Seen {
  found: Menu;
  values: Values;
  columns: Columns;
  /** The models against cost, where no systems stand beside them. */
  spent: Spent | null;
}

const WAYS = ['vote', 'best', 'rounds'];

/** Everything that follows the controls, computed without a page: tested in node. */
export class TestTimeModel {
  readonly counts: Counts;
  private readonly coverage: Coverage;
  private readonly spending: Spending | null;
  private areas: { key: string; columns: Columns } | null = null;

  constructor(
    readonly options: TestTimeOptions,
    arrays: Readonly<Record<string, ArrayLike<number>>>
  ) {
    const { problems, resamples, fitted } = options;
    this.counts = new Counts(arrays.n, arrays.c, arrays.shapes, problems, resamples, fitted);
    this.coverage = new Coverage(this.counts, options);
    const alone = Object.keys(options.systems).length === 0;
    const grids = this.coverage.models.map(one => one.k);
    this.spending = alone ? new Spending(this.counts, grids, options, options.top) : null;
  }

  advice(held: Held): Menu {
    const { options } = this;
    const dollars = costsOf(held, 'dollars', options);
    const cost = costsOf(held, held.unit, options);
    const least = dollars.map(price => price / held.worth);
    return menu(this.counts, cost, budgetOf(held), ratesOf(held), least, options.level);
  }

  see(held: Held): Seen {
    const { options, counts } = this;
    const found = this.advice(held);
    const key = `${found.best < 0}|${found.samples.join()}`;
    if (this.areas?.key !== key) {
      this.areas = { key, columns: areaColumns(counts, found, options) };
    }
    return {
      found,
      spent: this.spending?.at(found, held) ?? null,
      values: valuesOf(counts, found, held, options),
      columns: {
        ...this.coverage.columns(found, held),
        ...this.areas.columns,
        ...userColumns(options, held.verifier === 'noisy', held.right, held.wrong),
        ...options.hard[Math.max(found.best, 0)],
        ...this.selected(found.best, held)
      }
    };
  }

  /** The curves that are switched on, of the advised model, and their names at the end. */
  private selected(best: number, held: Held): Columns {
    const out: Columns = {};
    for (const way of WAYS) {
      const curve = best >= 0 && held.shown.includes(way) ? this.options.selected[way] : undefined;
      if (curve === undefined) {
        out[`cov-${way}`] = { x: [], y: [] };
        out[`cov-${way}-label`] = { x: [], y: [], text: [] };
        continue;
      }
      const last = curve.k.length - 1;
      const [value, low, high] = [curve.value, curve.low, curve.high].map(rows => rows[best]);
      const said = `${curve.label}: ${share(value[last])} ${between(low[last], high[last])}`.trimEnd();
      out[`cov-${way}`] = { x: curve.k, y: value };
      out[`cov-${way}-label`] = { x: [curve.k[last]], y: [value[last]], text: [said] };
    }
    return out;
  }
}

const FOLLOW = /^(budget|verifier|price|show)\./;
const UNITS = ['dollars', 'tokens', 'seconds'];
/** One press of an arrow key: across, a factor of the wrong answers; up, a share of the right ones. */
const STEP: [number, number] = [1.15, 0.01];

export function startTestTime(options: TestTimeOptions, { store, view, arrays }: Context): Behaviour {
  const model = new TestTimeModel(options, arrays);
  const read = (key: string) => store.number(key);
  let found: Menu | null = null;
  const put = columnWriter(view);
  let unit = String(store.get('budget.unit'));

  function held(): Held | null {
    const now: Held = {
      unit: String(store.get('budget.unit')),
      dollars: read('budget.dollars'),
      tokens: read('budget.tokens'),
      seconds: read('budget.seconds'),
      worth: read('budget.worth'),
      verifier: String(store.get('verifier.kind')),
      right: read('verifier.right'),
      wrong: read('verifier.wrong'),
      sampleTokens: read('price.tokens'),
      hour: read('price.hour'),
      utilisation: read('price.utilisation'),
      factor: read('price.factor'),
      shown: WAYS.filter(way => store.get(`show.${way}`) === true)
    };
    const fine = Object.values(now).every(v => typeof v !== 'number' || (v > 0 && Number.isFinite(v)));
    return fine && UNITS.includes(now.unit) && now.right <= 1 && now.wrong <= 1 ? now : null;
  }

  function update(): void {
    const now = held();
    if (now === null) {
      return;
    }
    const seen = model.see(now);
    found = seen.found;
    view.local(() => {
      put(seen.columns);
      const axis = options.problemTicks[Math.max(seen.found.best, 0)];
      view.byName('hard-y')?.setv({ end: axis.top });
      setTicks(view, 'hard-problems', axis.ticks);
      if (seen.spent) {
        showAxis(view, put, seen.spent);
      } else {
        showSystems(view, put, options.systems, now.unit);
      }
    });
    store.set(seen.values, 'behaviour');
  }

  const frame = new NextFrame(update);
  const unsubscribe = store.subscribe((changed, origin) => {
    if (![...changed].some(key => FOLLOW.test(key))) {
      return;
    }
    const now = held();
    if (changed.has('budget.unit') && now !== null && now.unit !== unit) {
      if (origin === 'user' && found !== null && found.best >= 0 && UNITS.includes(unit)) {
        // The same budget in another unit, so that the picture stays where it is.
        const like = budgetLike({ ...now, unit }, now.unit, found.best, options);
        if (Number.isFinite(like) && like > 0) {
          store.set({ [`budget.${now.unit}`]: like }, 'behaviour');
        }
      }
      unit = now.unit;
    }
    frame.ask();
  });
  // A budget that followed its unit is let go of with it.
  const forget = store.onCommit(values => {
    if ('budget.unit' in values) {
      store.commit(UNITS.map(name => `budget.${name}`));
    }
  });

  const set = (right: number, wrong: number) => {
    if (right > 0 && wrong > 0) {
      const clip = (value: number, [low, high]: [number, number]) => Math.min(Math.max(value, low), high);
      store.set(
        {
          'verifier.kind': 'noisy',
          'verifier.right': Number(clip(right, options.right).toPrecision(3)),
          'verifier.wrong': Number(clip(wrong, options.wrong).toPrecision(3))
        },
        'user'
      );
    }
  };
  const handle = startHandle(
    {
      figure: 'verifiers',
      label: 'Your verifier: drag, or use the arrow keys, to change which answers it accepts',
      at: () => (store.get('verifier.kind') === 'noisy' ? [read('verifier.wrong'), read('verifier.right')] : [NaN, NaN]),
      drag: (wrong, right) => set(right, wrong),
      step: (right, up) => set(read('verifier.right') + up * STEP[1], read('verifier.wrong') * STEP[0] ** right),
      done: () => store.commit(['verifier.kind', 'verifier.right', 'verifier.wrong'])
    },
    store,
    view
  );
  frame.ask();
  return {
    dispose() {
      unsubscribe();
      forget();
      handle.dispose();
      frame.cancel();
    }
  };
}
