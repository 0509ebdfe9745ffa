/**
 * `other-laws`: what other laws say follows the target; a row switches to its law.
 *
 * They take seconds to fit, so the main picture comes without them: this behaviour then asks the kernel, in
 * the background, for one after the other, and the figure fills in row by row.
 */

import type { Behaviour, Context } from './index.js';
import { Following, NextFrame, whenLaidOut } from './frames.js';
import { AT_THE_ENDS, LawRows, type RowOptions } from './law-rows.js';
import { geomspace } from './numbers.js';

export interface OtherLawOptions extends RowOptions {
  figure: string;
  inside: number;
  /** The others are still to be fitted. */
  pending: boolean;
  /** Which row is the rival in the inset; -1 for none. */
  rival: number;
}

const WAITING = 'not fitted yet when this was saved';
const POINTS = 64;

export function startOtherLaws(options: OtherLawOptions, context: Context): Behaviour {
  const { store, view, arrays, ask, live } = context;
  const host = view.element(options.figure);
  const plot = view.rootView(options.figure);
  if (!host || !plot?.frame) {
    return { dispose: () => undefined };
  }
  const { laws } = options;
  const rows = new LawRows(options, arrays);
  const buttons = laws.map((law, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sw-law-row';
    button.setAttribute('aria-label', i === 0 ? `${law.title}: the law on screen` : `Switch to the law ${law.title}`);
    button.disabled = i === 0 || !live();
    button.title = i === 0 || live() ? '' : 'Needs a running kernel';
    button.addEventListener('click', () => {
      if (live()) {
        store.set({ law: law.name }, 'user');
        ask('change', { law: law.name });
      }
    });
    host.append(button);
    return button;
  });

  const place = () => {
    const heights = laws.map((_, i) => plot.frame.y_scale.compute(laws.length - 1 - i));
    const step = laws.length > 1 ? heights[1] - heights[0] : 40;
    buttons.forEach((button, i) => {
      button.style.top = `${heights[i] - step / 2}px`;
      button.style.height = `${step}px`;
    });
  };

  // A figure that is folded away is not drawn; it catches up when it unfolds.
  let late = false;
  const update = () => {
    late = plot.is_displayed === false;
    const params = store.number('target.params');
    const tokens = store.number('target.tokens');
    const first = {
      loss: store.number('answer.loss'),
      low: store.number('answer.low'),
      high: store.number('answer.high')
    };
    if (!(params > 0) || !(tokens > 0) || !Number.isFinite(first.loss + first.low + first.high)) {
      return;
    }
    const answers = rows.answers(params, tokens, first);
    if (!options.pending) {
      const fits = answers.map((answer, i) => (i === 0 ? store.number('answer.fit_loss') : (answer?.loss ?? null)));
      store.set({ 'others.words': rows.caption(fits) }, 'behaviour');
    }
    view.local(() => rival(params));
    if (late) {
      return;
    }
    const { columns, x } = rows.columns(params, tokens, answers);
    view.local(() => {
      for (const [name, data] of Object.entries(columns)) {
        const source = view.byName(name);
        if (source) {
          source.data = data;
        }
      }
      for (const [name, end] of Object.entries(AT_THE_ENDS)) {
        const source = view.byName(name);
        if (source) {
          source.data = { ...source.data, x: Array.from(source.data.y as ArrayLike<number>, () => x[end]) };
        }
      }
      view.byName(`${options.figure}-x`)?.setv({ start: x[0], end: x[1] });
    });
  };

  function rival(params: number): void {
    const [curve, label, range] = ['rival-curve', 'rival-label', 'inset-x'].map(name => view.byName(name));
    if (options.rival < 0 || !curve || !range) {
      return;
    }
    const x = geomspace(range.start, range.end, POINTS);
    const y = rows.curve(options.rival, params, x);
    curve.data = { x, y };
    if (label) {
      label.data = { x: [x[POINTS - 1]], y: [y[POINTS - 1]], text: [laws[options.rival].short] };
    }
  }

  const frame = new Following(store, /^(answer|target)\./, update);
  const placing = new NextFrame(place);
  const moved = () => {
    placing.ask();
    if (late) {
      frame.ask();
    }
  };
  const unplace = whenLaidOut(host, plot, moved);
  place();
  frame.ask();
  if (options.pending) {
    if (live() && context.background) {
      context.background('other-laws', {});
    } else {
      const left = laws.filter(law => !law.fitted).length;
      store.set({ 'others.words': left === 1 ? `One other law was ${WAITING}` : `${left} other laws were ${WAITING}` }, 'behaviour');
    }
  }
  return {
    dispose() {
      unplace();
      frame.stop();
      placing.cancel();
      buttons.forEach(button => button.remove());
    }
  };
}
