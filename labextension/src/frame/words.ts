/** The words of a frame, printed as in Python (`figures/frame.py`): text nodes only, never markup. */

import type { Store } from '../pane/store.js';
import { digitsApart, formatInterval, formatQuantity } from './format.js';
import type { Line, Run } from './types.js';

/** Values of more letters are words, which may break. */
const LONGEST_WHOLE = 22;

export function holds(line: Line, store: Store): boolean {
  return Object.entries(line.when ?? {}).every(([key, wanted]) => store.get(key) === wanted);
}

export function pick(lines: readonly Line[], store: Store): Line | null {
  return lines.find(line => holds(line, store)) ?? null;
}

export function printRun(run: Run, store: Store): string {
  if ('text' in run) {
    return run.text;
  }
  if ('interval' in run) {
    const low = store.get(run.interval[0]);
    const high = store.get(run.interval[1]);
    return typeof low === 'number' && typeof high === 'number' ? formatInterval(low, high, run.kind) : '';
  }
  const value = store.get(run.value);
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return '–';
  }
  // A number within an interval gets as many digits as its ends.
  const [low, high] = (run.within ?? []).map((key: string) => store.get(key));
  const within = typeof low === 'number' && typeof high === 'number';
  return formatQuantity(value, run.kind, within ? digitsApart(low, high, run.kind, run.digits) : run.digits);
}

export function printLine(line: Line | null, store: Store): string {
  return line === null ? '' : line.runs.map(run => printRun(run, store)).join('');
}

export function printLines(lines: readonly Line[], store: Store): string {
  return printLine(pick(lines, store), store);
}

/** Put the first line that holds into `el`; spans are only rewritten when their words change. */
export function showLine(el: HTMLElement, line: Line | null, store: Store): void {
  const runs = line?.runs ?? [];
  while (el.childElementCount > runs.length) {
    el.lastElementChild?.remove();
  }
  runs.forEach((run, i) => {
    let span = el.children[i] as HTMLElement | undefined;
    if (span === undefined) {
      span = document.createElement('span');
      el.appendChild(span);
    }
    const words = printRun(run, store);
    const role = `sw-run sw-${run.role ?? 'plain'}`;
    if (span.className !== role) {
      span.className = role;
    }
    if (span.textContent !== words) {
      span.textContent = words;
      // A number is not parted from its unit, nor an interval from its other end, where a line ends.
      span.style.whiteSpace = 'text' in run || words.length > LONGEST_WHOLE ? '' : 'nowrap';
    }
  });
}

export function showLines(el: HTMLElement, lines: readonly Line[], store: Store): void {
  showLine(el, pick(lines, store), store);
}
