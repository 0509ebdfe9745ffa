/** Controls with a track: sliders, and coefficients with their interval and lock. */

import { typesetLabel } from '../formula/index.js';
import type { Store } from '../pane/store.js';
import { settler, type Control, type ControlHost } from './control.js';
import { element, icon } from './dom.js';
import { formatQuantity, parseQuantity, splitQuantity } from './format.js';
import { showPieces } from './pieces.js';
import type { CoefficientItem, SliderItem } from './types.js';
import { showLines } from './words.js';

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
  // Back where it started, a slider changes nothing: no `change` follows. Where one does, it comes first; the end of
  // a press is the screen's.
  for (const end of ['keyup', 'blur']) {
    input.addEventListener(end, () => setTimeout(() => store.letGo()));
  }
  input.addEventListener('dblclick', () => {
    store.set({ [key]: start() }, 'user');
    settle();
  });
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

export function slider(item: SliderItem, host: ControlHost): Control {
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

export function coefficient(item: CoefficientItem, host: ControlHost): Control {
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
