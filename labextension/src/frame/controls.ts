/** The controls of the side column. Each keeps itself in step with the store and knows nothing of laws. */

import { parseFormula, typeset, typesetLabel, type Piece } from '../formula/index.js';
import type { Store } from '../pane/store.js';
import { element, icon, uniqueId } from './dom.js';
import { formatQuantity, parseQuantity, splitQuantity } from './format.js';
import { optionElements } from './options.js';
import type {
  Ask,
  CoefficientItem,
  FormulaItem,
  Item,
  NoteItem,
  SegmentsItem,
  SelectItem,
  SliderItem,
  SwitchItem,
  TableItem
} from './types.js';
import { showLines } from './words.js';

export interface Control {
  el: HTMLElement;
  /** Called after every change of the store that touches `keys` (or anything, when null). */
  refresh(): void;
  keys: readonly string[] | null;
  liveChanged(live: boolean): void;
}

export interface ControlHost {
  store: Store;
  run(asked: Ask): void;
  /** Bring a figure into view. */
  show?(root: string): void;
}

const STEPS = 1000;

/** Where a value stands on a track, 0 to 1, and back. */
export class Scale {
  constructor(
    readonly kind: 'log' | 'linear',
    readonly low: number,
    readonly high: number,
    /** Significant digits of a value that is dragged: 7.0 B, not 6.987 B; more where the track is short. */
    readonly digits = 3,
    readonly whole = false
  ) {}

  toFraction(value: number): number {
    const at =
      this.kind === 'log'
        ? Math.log(value / this.low) / Math.log(this.high / this.low)
        : (value - this.low) / (this.high - this.low);
    return Math.min(1, Math.max(0, at));
  }

  toValue(fraction: number): number {
    return this.kind === 'log'
      ? this.low * Math.exp(fraction * Math.log(this.high / this.low))
      : this.low + fraction * (this.high - this.low);
  }

  round(value: number): number {
    if (this.whole) {
      return Math.round(value);
    }
    return value === 0 ? 0 : Number(value.toPrecision(this.digits));
  }
}

/** The number at the right of a control, editable: "7.0 B" can be typed over with "13B". */
function valueBox(
  label: string,
  format: string,
  accept: (value: number) => void
): { el: HTMLElement; show(value: number): void; input: HTMLInputElement } {
  const el = element('span', 'sw-valuebox');
  const input = element('input', 'sw-value', null, {
    type: 'text',
    'aria-label': `${label}, value`,
    spellcheck: 'false',
    autocomplete: 'off'
  });
  const unit = element('span', 'sw-unit');
  el.append(input, unit);
  let shown = NaN;
  const show = (value: number) => {
    shown = value;
    const [number, name] = Number.isFinite(value) ? splitQuantity(value, format) : ['–', ''];
    input.value = number;
    input.size = Math.max(3, number.length);
    unit.textContent = name;
  };
  const commit = () => {
    const typed = input.value.trim();
    const [number, name] = Number.isFinite(shown) ? splitQuantity(shown, format) : ['', ''];
    if (typed === number) {
      return;
    }
    // A bare number keeps the unit that stands beside it.
    const value = parseQuantity(/[a-zA-Z%$]/.test(typed.replace(/e[+-]?\d/i, '')) ? typed : `${typed} ${name}`, format);
    if (Number.isFinite(value)) {
      accept(value);
    }
    show(Number.isFinite(value) ? value : shown);
  };
  input.addEventListener('change', commit);
  input.addEventListener('keydown', event => {
    // JupyterLab would take these keys as commands of the notebook.
    event.stopPropagation();
    if (event.key === 'Escape') {
      show(shown);
      input.blur();
    }
  });
  input.addEventListener('focus', () => input.select());
  return { el, show, input };
}

function rangeInput(label: string): HTMLInputElement {
  const input = element('input', 'sw-range', null, {
    type: 'range',
    min: '0',
    max: String(STEPS),
    step: '1',
    'aria-label': label
  });
  input.addEventListener('keydown', event => event.stopPropagation());
  return input;
}

function wireRange(
  input: HTMLInputElement,
  key: string,
  scale: Scale,
  start: () => number,
  store: Store,
  settle: () => void
): void {
  input.addEventListener('input', () => {
    store.grip();
    store.set({ [key]: scale.round(scale.toValue(input.valueAsNumber / STEPS)) }, 'user');
  });
  input.addEventListener('change', () => {
    settle();
    store.letGo();
  });
  // Back where it started, a slider changes nothing: no `change` follows. Where one does, it comes first.
  for (const end of ['pointerup', 'pointercancel', 'keyup', 'blur']) {
    input.addEventListener(end, () => setTimeout(() => store.letGo()));
  }
  input.addEventListener('dblclick', () => {
    store.set({ [key]: start() }, 'user');
    settle();
  });
}

/** What happens when a person lets go: the picture has moved already, or the kernel is asked to change. */
function settler(key: string, where: 'browser' | 'kernel', host: ControlHost): () => void {
  return () => {
    if (where === 'browser') {
      host.store.commit([key]);
    } else {
      host.run({ label: '', ask: 'change', args: { [key]: host.store.get(key) } });
    }
  };
}

function place(input: HTMLInputElement, scale: Scale, value: number, words: string): void {
  const fraction = Number.isFinite(value) ? scale.toFraction(value) : 0;
  const position = String(Math.round(fraction * STEPS));
  if (input.value !== position) {
    input.value = position;
  }
  input.style.setProperty('--sw-at', `${(fraction * 100).toFixed(2)}%`);
  input.setAttribute('aria-valuetext', words);
}

function slider(item: SliderItem, host: ControlHost): Control {
  const { store } = host;
  const scale = new Scale(item.scale, item.low, item.high, 3, item.whole === true);
  const el = element('div', 'sw-control sw-slider');
  const top = element('div', 'sw-control-top');
  const label = element('span', 'sw-label', item.label);
  const settle = settler(item.key, item.where, host);
  const per = () => (item.per === undefined ? 1 : store.number(item.per));
  const box = valueBox(item.label, item.format, value => {
    store.set({ [item.key]: item.whole ? Math.round(value) : value * per() }, 'user');
    settle();
  });
  top.append(label, box.el);
  const input = rangeInput(item.label);
  wireRange(input, item.key, scale, () => item.start, store, settle);
  const note = element('div', 'sw-note');
  el.append(top, input);
  if (item.note) {
    el.append(note);
  }
  return {
    el,
    keys: item.note ? null : item.per === undefined ? [item.key] : [item.key, item.per],
    refresh() {
      const value = store.number(item.key);
      place(input, scale, value, formatQuantity(value / per(), item.format));
      if (document.activeElement !== box.input) {
        box.show(value / per());
      }
      if (item.note) {
        showLines(note, item.note, store);
      }
    },
    liveChanged(live) {
      input.disabled = box.input.disabled = item.where === 'kernel' && !live;
    }
  };
}

function coefficient(item: CoefficientItem, host: ControlHost): Control {
  const { store } = host;
  const fixedKey = `fixed.${item.name}`;
  const scale = new Scale(item.scale, item.low, item.high, 6);
  const el = element('div', 'sw-control sw-coefficient', null, { title: item.meaning });
  const symbol = element('span', 'sw-symbol');
  showPieces(symbol, typesetLabel(item.label));
  const settle = settler(item.key, 'browser', host);
  const box = valueBox(item.label, item.format, value => {
    store.set({ [item.key]: value }, 'user');
    settle();
  });
  const track = element('span', 'sw-track');
  const shade = element('span', 'sw-shade');
  const input = rangeInput(`${item.label}, ${item.meaning}`);
  wireRange(input, item.key, scale, () => item.fit, store, settle);
  const low = element('span', 'sw-end sw-end-low');
  const high = element('span', 'sw-end sw-end-high');
  track.append(shade, input, low, high);
  if (item.interval) {
    const [a, b] = item.interval.map(v => scale.toFraction(v));
    shade.style.left = `${(a * 100).toFixed(2)}%`;
    shade.style.width = `${((b - a) * 100).toFixed(2)}%`;
    low.textContent = formatQuantity(item.interval[0], item.format);
    high.textContent = formatQuantity(item.interval[1], item.format);
  } else {
    shade.hidden = true;
  }
  const lock = element('button', 'sw-lock', null, { type: 'button' });
  lock.addEventListener('click', () => {
    store.set({ [fixedKey]: store.get(fixedKey) !== true }, 'user');
    store.commit([fixedKey]);
  });
  el.append(symbol, box.el, track, lock);
  return {
    el,
    keys: [item.key, fixedKey],
    refresh() {
      const value = store.number(item.key);
      const fixed = store.get(fixedKey) === true;
      place(input, scale, value, formatQuantity(value, item.format));
      if (document.activeElement !== box.input) {
        box.show(value);
      }
      el.classList.toggle('sw-moved', Math.abs(value - item.fit) > 1e-9 * Math.abs(item.fit));
      el.classList.toggle('sw-fixed', fixed);
      lock.replaceChildren(icon(fixed ? 'locked' : 'unlocked', 14));
      lock.setAttribute('aria-pressed', String(fixed));
      lock.title = fixed
        ? `${item.label} keeps its value in the next fit. Click to fit it.`
        : `${item.label} is fitted. Click to keep its value in the next fit.`;
      lock.setAttribute('aria-label', lock.title);
    },
    liveChanged(live) {
      lock.disabled = !live;
    }
  };
}

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

function showPieces(el: HTMLElement, pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      el.append(piece);
    } else {
      const tag = piece.kind === 'sup' ? 'sup' : piece.kind === 'sub' ? 'sub' : 'span';
      const child = element(tag, `sw-math-${piece.kind}`);
      if (piece.kind !== 'variable') {
        showPieces(child, piece.pieces);
      } else {
        child.textContent = piece.text;
      }
      el.append(child);
    }
  }
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
