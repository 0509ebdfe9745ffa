/** The controls of the side column. Each keeps itself in step with the store and knows nothing of laws. */

import { parseFormula, typeset } from '../formula/index.js';
import { settler, type Control, type ControlHost } from './control.js';
import { element, icon, uniqueId } from './dom.js';
import { optionElements } from './options.js';
import { showPieces } from './pieces.js';
import { coefficient, slider } from './sliders.js';
import type { FormulaItem, Item, NoteItem, SegmentsItem, SelectItem, SwitchItem, TableItem } from './types.js';
import { showLines } from './words.js';

function select(item: SelectItem, host: ControlHost): Control {
  const { store } = host;
  const id = uniqueId('select');
  const el = element('div', 'sw-control sw-selectbox');
  const input = element('select', 'sw-select', null, { id, 'aria-label': item.label });
  input.append(...optionElements(item.options));
  const where = item.where ?? 'kernel';
  const settle = settler(item.key, where, host);
  input.addEventListener('change', () => {
    store.set({ [item.key]: input.value }, 'user');
    settle();
  });
  input.addEventListener('keydown', event => event.stopPropagation());
  el.append(input, icon('down', 14));
  if (item.note !== undefined) {
    el.append(element('span', 'sw-select-note', item.note));
  }
  if (item.mark !== undefined) {
    el.classList.add('sw-marked');
    el.dataset.recipe = item.mark.colour;
    el.prepend(element('span', 'sw-mark', null, { 'data-shape': item.mark.shape }));
  }
  return {
    el,
    keys: [item.key],
    refresh() {
      const value = store.get(item.key);
      if (typeof value === 'string' && input.value !== value) {
        input.value = value;
      }
    },
    liveChanged(live) {
      const asks = where === 'kernel' && !live;
      input.disabled = asks;
      input.title = asks ? 'Needs a running kernel' : '';
    }
  };
}

function segments(item: SegmentsItem, host: ControlHost): Control {
  const { store } = host;
  const where = item.where ?? 'browser';
  const settle = settler(item.key, where, host);
  const el = element('div', 'sw-control sw-segments', null, { role: 'radiogroup', 'aria-label': item.label });
  const buttons = item.options.map(option => {
    const button = element('button', 'sw-segment', option.label, { type: 'button', role: 'radio' });
    button.addEventListener('click', () => choose(option.value));
    el.append(button);
    return button;
  });
  const choose = (value: string) => {
    store.set({ [item.key]: value }, 'user');
    settle();
  };
  el.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const at = item.options.findIndex(option => option.value === store.get(item.key));
      const next = (at + step + buttons.length) % buttons.length;
      choose(item.options[next].value);
      buttons[next].focus();
      event.preventDefault();
    }
    event.stopPropagation();
  });
  return {
    el,
    keys: [item.key],
    refresh() {
      item.options.forEach((option, i) => {
        const chosen = option.value === store.get(item.key);
        buttons[i].setAttribute('aria-checked', String(chosen));
        buttons[i].tabIndex = chosen ? 0 : -1;
      });
    },
    liveChanged(live) {
      for (const button of buttons) {
        button.disabled = where === 'kernel' && !live;
        button.title = button.disabled ? 'Needs a running kernel' : '';
      }
    }
  };
}

function toggle(item: SwitchItem, { store }: ControlHost): Control {
  const el = element('div', 'sw-control sw-switchbox');
  const button = element('button', 'sw-switch', null, { type: 'button', role: 'switch' });
  button.append(element('span', 'sw-knob'), element('span', 'sw-label', item.label));
  el.append(button);
  if (item.lacking !== undefined) {
    button.disabled = true;
    el.append(element('span', 'sw-note', item.lacking));
  }
  button.addEventListener('click', () => {
    store.set({ [item.key]: store.get(item.key) !== true }, 'user');
    store.commit([item.key]);
  });
  return {
    el,
    keys: [item.key],
    refresh: () => button.setAttribute('aria-checked', String(store.get(item.key) === true)),
    liveChanged: () => undefined
  };
}

function table(item: TableItem): Control {
  const el = element('table', 'sw-control sw-fits', null, { 'aria-label': item.label });
  const head = element('tr');
  head.append(element('th'));
  for (const column of item.columns) {
    const cell = element('th', '', column.label, { scope: 'col', title: column.label });
    if (column.colour !== undefined) {
      cell.dataset.recipe = column.colour;
    }
    head.append(cell);
  }
  el.append(head);
  for (const row of item.rows) {
    const line = element('tr', row.quiet ? 'sw-quiet-row' : '');
    line.append(element('th', '', row.label, { scope: 'row' }));
    line.append(...row.cells.map(words => element('td', '', words)));
    el.append(line);
  }
  return { el, keys: [], refresh: () => undefined, liveChanged: () => undefined };
}

function note(item: NoteItem, host: ControlHost): Control {
  const el = element('div', 'sw-note');
  const words = element('span');
  el.append(words);
  let button: HTMLButtonElement | null = null;
  if (item.action) {
    const action = item.action;
    button = element('button', 'sw-link', action.label, { type: 'button', 'data-ask': action.ask });
    button.addEventListener('click', () => host.run(action));
    el.append(' · ', button);
  }
  return {
    el,
    keys: null,
    refresh() {
      showLines(words, item.lines, host.store);
    },
    liveChanged(live) {
      if (button) {
        button.disabled = !live;
      }
    }
  };
}

function formula(item: FormulaItem): Control {
  const el = element('div', 'sw-formula');
  try {
    el.append(element('span', 'sw-math-name', item.output), ' = ');
    showPieces(el, typeset(parseFormula(item.formula), item.labels));
  } catch {
    el.textContent = item.formula;
  }
  return { el, keys: [], refresh: () => undefined, liveChanged: () => undefined };
}

export function buildControl(item: Item, host: ControlHost): Control {
  const control = build(item, host);
  const when = 'when' in item ? item.when : undefined;
  if (when === undefined) {
    return control;
  }
  // Shown only while its condition holds: it must hear of every key the condition names.
  const refresh = () => {
    control.el.hidden = Object.entries(when).some(([key, wanted]) => host.store.get(key) !== wanted);
    control.refresh();
  };
  return { ...control, keys: control.keys && [...control.keys, ...Object.keys(when)], refresh };
}

function build(item: Item, host: ControlHost): Control {
  switch (item.kind) {
    case 'select':
      return select(item, host);
    case 'segments':
      return segments(item, host);
    case 'switch':
      return toggle(item, host);
    case 'table':
      return table(item);
    case 'slider':
      return slider(item, host);
    case 'coefficient':
      return coefficient(item, host);
    case 'note':
      return note(item, host);
    case 'formula':
      return formula(item);
  }
}
