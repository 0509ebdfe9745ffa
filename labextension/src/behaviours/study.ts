/**
 * `study`: choosing a cell of the map, by a click, an arrow key or a slider, moves the sentence and every figure.
 *
 * What a cell puts on screen came with the document (`figures/study/columns.py`), so no kernel is asked; another
 * family, and every choice of models at another share of the run, are the kernel's.
 */

import type { Value } from '../pane/store.js';
import type { Behaviour, Context } from './index.js';
import { NextFrame } from './frames.js';

export interface StudyCell {
  state: Record<string, Value>;
  columns: Record<string, Record<string, ArrayLike<number | string>>>;
}

export interface StudyOptions {
  /** Names of the figures. */
  figure: string;
  families: string;
  /** Names of the families, from the top row down. */
  names: string[];
  models: number[];
  shares: number[];
  /** Share of the run whose choices are drawn; null where none are. */
  luck: number | null;
  /** What each cell puts on screen, by `models|share`. */
  cells: Record<string, StudyCell>;
}

/** Position of the value that is nearest. */
export function nearest(values: readonly number[], wanted: number): number {
  let best = 0;
  values.forEach((value, i) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) {
      best = i;
    }
  });
  return best;
}

/** The cell at a place of the map, by column and row; null where nothing was fitted. */
export function cellAt(options: StudyOptions, column: number, row: number): StudyCell | null {
  const [models, share] = [options.models[row], options.shares[column]];
  if (models === undefined || share === undefined) {
    return null;
  }
  return options.cells[`${models}|${share}`] ?? null;
}

const HOW = 'Click another cell, or use the arrow keys.';

export const CELL_KEYS = ['study.models', 'study.share'];

export function startStudy(options: StudyOptions, context: Context): Behaviour {
  const { store, view, ask, live } = context;
  const host = view.element(options.figure);
  const plot = view.rootView(options.figure);
  let shown: StudyCell | null = null;
  let wanted: number | null = options.luck;
  let pointed = false;

  const here = (): [number, number] => [
    nearest(options.shares, store.number('study.share')),
    nearest(options.models, store.number('study.models'))
  ];
  const update = () => {
    const cell = cellAt(options, ...here());
    if (cell === null) {
      return;
    }
    if (cell !== shown) {
      shown = cell;
      view.local(() => {
        for (const [name, data] of Object.entries(cell.columns)) {
          const source = view.byName(name);
          if (source) {
            source.data = data;
          }
        }
      });
    }
    // Also where the cell is the same: a slider between two cells stands on the nearer one.
    store.set(cell.state, 'behaviour');
    place();
  };
  /** Ask for every choice of models at this share, once it is settled on. */
  const settled = () => {
    const share = Number(shown?.state['study.share']);
    if (live() && Number.isFinite(share) && share !== wanted) {
      wanted = share;
      context.background?.('luck', { share });
    }
  };
  const choose = (column: number, row: number) => {
    const cell = cellAt(options, column, row);
    if (cell !== null) {
      store.set(Object.fromEntries(CELL_KEYS.map(key => [key, cell.state[key]])), 'user');
      store.commit(CELL_KEYS);
    }
  };

  const handle = document.createElement('button');
  handle.type = 'button';
  handle.className = 'sw-cell-handle';
  function place(): void {
    if (!plot?.frame) {
      return;
    }
    const [column, row] = here();
    handle.setAttribute('aria-label', `${shown?.state['answer.hover'] ?? 'Cell of the map'}. ${HOW}`);
    if (!pointed && document.activeElement === handle) {
      focus();
    }
    const [left, right] = [-0.5, 0.5].map(shift => plot.frame.x_scale.compute(column + shift));
    const [bottom, top] = [-0.5, 0.5].map(shift => plot.frame.y_scale.compute(row + shift));
    Object.assign(handle.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${right - left}px`,
      height: `${bottom - top}px`
    });
  }
  /** Column and row under the pointer, as fractions; null outside the frame. */
  const under = (element: HTMLElement, frame: any, event: PointerEvent): [number, number] | null => {
    const origin = element.getBoundingClientRect();
    const [x, y] = [event.clientX - origin.left, event.clientY - origin.top];
    const { x0, x1, y0, y1 } = frame.bbox;
    return x < x0 || x > x1 || y < y0 || y > y1 ? null : [frame.x_scale.invert(x), frame.y_scale.invert(y)];
  };
  const card = document.createElement('div');
  card.className = 'sw-hover sw-cell-card';
  card.hidden = true;
  /** What a cell says of itself, beside it: its error and the interval that the map has no room for. */
  const tell = (cell: StudyCell | null, column: number, row: number) => {
    card.hidden = cell === null || !plot?.frame;
    if (cell === null || card.hidden || !host) {
      return;
    }
    card.textContent = String(cell.state['answer.hover']);
    const [x, y] = [plot.frame.x_scale.compute(column), plot.frame.y_scale.compute(row - 0.5)];
    const left = Math.min(x - card.offsetWidth / 2, host.clientWidth - card.offsetWidth);
    const below = y + 4 + card.offsetHeight <= host.clientHeight;
    const top = below ? y + 4 : plot.frame.y_scale.compute(row + 0.5) - 4 - card.offsetHeight;
    Object.assign(card.style, { left: `${Math.max(left, 0)}px`, top: `${top}px` });
  };
  const hover = (event: PointerEvent) => {
    const at = host && plot?.frame ? under(host, plot.frame, event) : null;
    const [column, row] = at ? [Math.round(at[0]), Math.round(at[1])] : [-1, -1];
    pointed = at !== null;
    tell(cellAt(options, column, row), column, row);
  };
  const leave = () => {
    pointed = false;
    card.hidden = true;
  };
  const focus = () => {
    const [column, row] = here();
    tell(handle.matches(':focus-visible') ? cellAt(options, column, row) : null, column, row);
  };
  const press = (event: PointerEvent) => {
    const at = host && plot?.frame && event.button === 0 ? under(host, plot.frame, event) : null;
    if (at) {
      choose(Math.round(at[0]), Math.round(at[1]));
      event.preventDefault();
      handle.focus({ preventScroll: true });
    }
  };
  const keys = (event: KeyboardEvent) => {
    const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    const along = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0;
    if (across !== 0 || along !== 0) {
      const [column, row] = here();
      choose(column + across, row + along);
      event.preventDefault();
    }
    event.stopPropagation();
  };
  host?.append(handle, card);
  host?.addEventListener('pointerdown', press);
  host?.addEventListener('pointermove', hover);
  host?.addEventListener('pointerleave', leave);
  handle.addEventListener('keydown', keys);
  handle.addEventListener('focus', focus);
  handle.addEventListener('blur', leave);

  const list = view.element(options.families);
  const families = view.rootView(options.families);
  const open = (event: PointerEvent) => {
    if (!list || !families?.frame || event.button !== 0 || !live()) {
      return;
    }
    // Names stand left of the frame: only the height counts.
    const y = event.clientY - list.getBoundingClientRect().top;
    const name = options.names[Math.round(-families.frame.y_scale.invert(y))];
    if (name !== undefined && name !== store.get('family')) {
      ask('change', { family: name });
    }
  };
  list?.addEventListener('pointerdown', open);

  const frame = new NextFrame(update);
  const moved = new NextFrame(place);
  const unsubscribe = store.subscribe(changed => {
    if (CELL_KEYS.some(key => changed.has(key))) {
      frame.ask();
    }
  });
  const released = store.onCommit(values => {
    if (CELL_KEYS.some(key => key in values)) {
      update();
      settled();
    }
  });
  const observer = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(() => moved.ask());
  if (host) {
    observer?.observe(host);
  }
  frame.ask();
  return {
    dispose() {
      unsubscribe();
      released();
      observer?.disconnect();
      frame.cancel();
      moved.cancel();
      host?.removeEventListener('pointerdown', press);
      host?.removeEventListener('pointermove', hover);
      host?.removeEventListener('pointerleave', leave);
      list?.removeEventListener('pointerdown', open);
      handle.remove();
      card.remove();
    }
  };
}
