/**
 * `pick-runs`: a click leaves a run out of the fit or brings it back, a lasso chooses many.
 *
 * What is left out changes the fit, so the kernel is asked; without one a choice is only a selection.
 */

import type { Behaviour, Context } from './index.js';

export interface PickOptions {
  /** Source of the runs in the fit, and of those left out; both have a column `run`. */
  source: string;
  excluded: string;
  figure: string;
}

function chosenRuns(source: any): number[] {
  const indices: number[] = source.selected.indices;
  return indices.map(i => Number(source.data.run[i]));
}

/** "Run 224", "3 runs". */
export function inWords(runs: readonly number[]): string {
  return runs.length === 1 ? `Run ${runs[0]}` : `${runs.length.toLocaleString('en-US')} runs`;
}

export function startPickRuns(options: PickOptions, { view, ask, live }: Context): Behaviour {
  const used = view.byName(options.source);
  const left = view.byName(options.excluded);
  const host = view.element(options.figure);
  if (!used || !left || !host) {
    return { dispose: () => undefined };
  }
  const bar = document.createElement('div');
  bar.className = 'sw-pick';
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'Runs that are chosen');
  const words = document.createElement('span');
  const button = (label: string, act: () => void) => {
    const el = document.createElement('button');
    el.type = 'button';
    el.className = 'sw-link';
    el.textContent = label;
    el.addEventListener('click', act);
    return el;
  };
  const clear = () => {
    for (const source of [used, left]) {
      if (source.selected.indices.length > 0) {
        source.selected.indices = [];
      }
    }
    bar.hidden = true;
  };
  const send = (action: string, runs: number[]) => {
    // The rows of a source change with the fit: a selection by position must not outlive it.
    clear();
    ask(action, { runs: JSON.stringify(runs) });
  };
  const leaveOut = button('Exclude', () => send('exclude', chosenRuns(used)));
  const keep = button('Keep only these', () => send('keep', chosenRuns(used)));
  bar.append(words, leaveOut, keep, button('Clear', clear));
  bar.hidden = true;
  host.append(bar);

  const onUsed = () => {
    const runs = chosenRuns(used);
    if (runs.length === 1 && live()) {
      send('exclude', runs);
      return;
    }
    bar.hidden = runs.length === 0;
    if (runs.length > 0) {
      words.textContent = `${inWords(runs)} chosen`;
      leaveOut.disabled = keep.disabled = !live();
      leaveOut.title = keep.title = live() ? '' : 'Needs a running kernel';
    }
  };
  const onLeft = () => {
    const runs = chosenRuns(left);
    if (runs.length > 0 && live()) {
      send('restore', runs);
    }
  };
  const usedChange = used.selected.properties.indices.change;
  const leftChange = left.selected.properties.indices.change;
  usedChange.connect(onUsed);
  leftChange.connect(onLeft);
  onUsed();
  return {
    dispose() {
      usedChange.disconnect(onUsed);
      leftChange.disconnect(onLeft);
      bar.remove();
    }
  };
}
