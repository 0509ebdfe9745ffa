/**
 * `approaches`: three ways to the best size follow the budget, and a click chooses a step of the path from
 * Kaplan to Chinchilla.
 *
 * The twin of `figures/approaches`, which draws the first picture. Names of sources are the contract.
 */

import type { Values } from '../pane/store.js';
import type { Behaviour, Context } from './index.js';
import type { Columns } from './allocator-columns.js';
import { SplitLaw } from './allocator-law.js';
import { axesOf, movingColumns, type Axes, type ColumnOptions } from './approaches-columns.js';
import { answerOf, Lines, valuesOf, type Held } from './approaches-numbers.js';
import { NextFrame, whenLaidOut } from './frames.js';
import { perUnit } from './spending.js';

export interface Seen {
  values: Values;
  columns: Columns;
  axes: Axes;
}

/** Everything that follows the controls, computed without a page: tested in node. */
export class ApproachesModel {
  private readonly law: SplitLaw;
  private readonly lines: (Lines | null)[];

  constructor(
    readonly options: ColumnOptions,
    arrays: Readonly<Record<string, ArrayLike<number>>>
  ) {
    this.law = new SplitLaw(arrays.law);
    this.lines = ['one', 'two'].map(name => (name in arrays ? new Lines(arrays[name]) : null));
  }

  see(held: Held): Seen {
    const { options, law, lines } = this;
    const found = answerOf(law, lines, held, options);
    const axes = axesOf(law, found, held, options);
    return {
      values: valuesOf(found, held, options),
      columns: movingColumns(law, lines, found, held, axes, options),
      axes
    };
  }
}

const FOLLOW = /^(budget|hardware|path)\./;

export function startApproaches(options: ColumnOptions, { store, view, arrays }: Context): Behaviour {
  const model = new ApproachesModel(options, arrays);

  function held(): Held | null {
    const now: Held = {
      budget: store.number('budget.flops'),
      unit: String(store.get('budget.unit')),
      utilisation: store.number('hardware.utilisation'),
      price: store.number('hardware.price'),
      step: Math.round(store.number('path.step'))
    };
    const fine = [now.budget, now.utilisation, now.price].every(v => v > 0 && Number.isFinite(v));
    return fine && now.step in options.steps ? now : null;
  }

  function update(): void {
    const now = held();
    if (now === null) {
      return;
    }
    const { values, columns, axes } = model.see(now);
    view.local(() => {
      for (const [name, y, ticks] of [
        ['ratio', axes.ratio, axes.ratioTicks],
        ['bias', axes.bias, axes.biasTicks]
      ] as const) {
        view.byName(`${name}-x`)?.setv({ start: axes.x[0], end: axes.x[1] });
        view.byName(`${name}-y`)?.setv({ start: y[0], end: y[1] });
        view.byName(`${name}-ticks`)?.setv({ ticks: [...ticks.keys()] });
        view.byName(`${name}-axis`)?.setv({ major_label_overrides: ticks });
      }
      for (const [name, data] of Object.entries(columns)) {
        const source = view.byName(name);
        if (source) {
          source.data = data;
        }
      }
    });
    store.set(values, 'behaviour');
  }

  /** Dollars stay dollars, and hours hours, when their price or the utilisation changes. */
  function follow(changed: ReadonlySet<string>): void {
    const now = held();
    if (now === null || !['hardware.utilisation', 'hardware.price'].some(key => changed.has(key))) {
      return;
    }
    const per = perUnit(options.peak * now.utilisation, now.price);
    if (now.unit === 'hours' || now.unit === 'dollars') {
      store.set({ 'budget.flops': (now.budget / store.number(`per.${now.unit}`)) * per[now.unit] }, 'behaviour');
    }
  }

  const frame = new NextFrame(update);
  const unsubscribe = store.subscribe((changed, origin) => {
    if ([...changed].some(key => FOLLOW.test(key))) {
      if (origin === 'user') {
        follow(changed);
      }
      frame.ask();
    }
  });
  // What followed a control is let go of with it.
  const forget = store.onCommit(values => {
    if (('hardware.price' in values || 'hardware.utilisation' in values) && !('budget.flops' in values)) {
      store.commit(['budget.flops']);
    }
  });
  const steps = startSteps(options, { store, view });
  frame.ask();
  return {
    dispose() {
      unsubscribe();
      forget();
      steps.dispose();
      frame.cancel();
    }
  };
}

/** Buttons over the boxes of the path: one of five, by a click or the arrow keys. */
function startSteps(options: ColumnOptions, { store, view }: Pick<Context, 'store' | 'view'>): Behaviour {
  const host = view.element('path');
  const plot = view.rootView('path');
  if (!host || !plot?.frame) {
    return { dispose: () => undefined };
  }
  const group = document.createElement('div');
  group.className = 'sw-steps';
  group.setAttribute('role', 'radiogroup');
  group.setAttribute('aria-label', 'Step from Kaplan to Chinchilla');
  const choose = (step: number) => {
    store.set({ 'path.step': step }, 'user');
    store.commit(['path.step']);
  };
  const buttons = options.steps.map((step, k) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sw-step';
    button.title = step.change;
    button.setAttribute('role', 'radio');
    button.setAttribute('aria-label', `${step.short}: ${step.change}`);
    button.addEventListener('click', () => choose(k));
    group.append(button);
    return button;
  });
  group.addEventListener('keydown', event => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      const next = (Math.round(store.number('path.step')) + by + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
      event.preventDefault();
    }
    event.stopPropagation();
  });
  host.append(group);

  const place = () => {
    const { x_scale: x, bbox } = plot.frame;
    buttons.forEach((button, k) => {
      const [left, right] = [x.compute(k - 0.5), x.compute(k + 0.5)];
      Object.assign(button.style, {
        left: `${left}px`,
        width: `${right - left}px`,
        top: `${bbox.y0}px`,
        height: `${bbox.y1 - bbox.y0}px`
      });
    });
  };
  const mark = () => {
    const at = Math.round(store.number('path.step'));
    buttons.forEach((button, k) => {
      button.setAttribute('aria-checked', String(k === at));
      button.tabIndex = k === at ? 0 : -1;
    });
  };
  const frame = new NextFrame(() => {
    place();
    mark();
  });
  const unsubscribe = store.subscribe(changed => {
    if (changed.has('path.step')) {
      mark();
    }
  });
  const unplace = whenLaidOut(host, plot, () => frame.ask());
  frame.ask();
  return {
    dispose() {
      unsubscribe();
      unplace();
      frame.cancel();
      group.remove();
    }
  };
}
