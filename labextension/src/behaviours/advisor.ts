/**
 * `advisor`: question, prices and batch move the whole screen, and every run of the batch is a diamond that
 * can be dragged over the map. Another search is the kernel's, where there is one.
 *
 * The twin of `figures/advisor`, which draws the first picture. Names of sources are the contract.
 */

import type { Value } from '../pane/store.js';
import type { Behaviour, Context } from './index.js';
import { designRange, designTicks, movedNames } from './advisor-columns.js';
import { AdvisorModel, type AdvisorOptions } from './advisor-model.js';
import type { AdvisorHeld, Kind } from './advisor-numbers.js';
import { Following, widthOf } from './frames.js';
import { startHandle } from './handle.js';

export type { AdvisorOptions } from './advisor-model.js';

const KINDS: readonly string[] = ['params', 'tokens', 'loss'];
/** Pixels of the map below which marks have no room for their numbers. */
const NARROW = 440;
/** Pixels within which a click means a candidate. */
const REACH = 9;
const FOLLOW = /^(question|budget|next|noise|run)\./;
const SEARCH = /^(question\.|budget\.flops$|next\.setup$|noise\.)/;

export function startAdvisor(options: AdvisorOptions, { store, view, arrays, ask, background, live }: Context): Behaviour {
  const model = new AdvisorModel(options, arrays);
  const map = view.element('main');
  const width = widthOf(map, NARROW);
  const plot = view.rootView('main');
  const count = options.advised.length;
  let active = 0;

  const run = (k: number): [number, number] => [store.number(`run.${k}.params`), store.number(`run.${k}.tokens`)];
  const runs = () => Array.from({ length: count }, (_, k) => run(k));

  function held(): AdvisorHeld | null {
    const now = {
      answer: String(store.get('question.answer')) as Kind,
      flops: store.number('budget.flops'),
      unit: String(store.get('budget.unit')),
      setup: store.number('next.setup'),
      spend: store.number('next.spend'),
      scatter: store.number('noise.scatter'),
      batch: runs()
    };
    const positive = [now.flops, now.spend, now.scatter, ...now.batch.flat()];
    const fine = positive.every(v => v > 0 && Number.isFinite(v)) && now.setup >= 0 && Number.isFinite(now.setup);
    return fine && KINDS.includes(now.answer) ? now : null;
  }

  function update(): void {
    const now = held();
    if (now === null) {
      return;
    }
    const { found, values, columns } = model.see(now);
    if (Object.values(values).some(v => typeof v === 'number' && !Number.isFinite(v))) {
      return;
    }
    const names = view.byName('design-names');
    if (names) {
      columns['design-names'] = movedNames(names.data, found.rows, options.check === null ? 0 : Object.keys(options.check).length);
    }
    if (width() < NARROW) {
      columns['batch-lines'] = { ...columns['batch-lines'], text: now.batch.map(() => '') };
    }
    const [start, end] = designRange(found.rows);
    const ticks = designTicks(start, end, now.answer);
    view.local(() => {
      view.byName('designs-x')?.setv({ start, end });
      view.byName('designs-ticker')?.setv({ ticks: [...ticks.keys()] });
      view.byName('designs-title')?.setv({ text: options.titles[now.answer] });
      view.byName('designs-axis')?.setv({ major_label_overrides: ticks });
      const head = view.byName('check-head');
      if (head) {
        head.data = { ...head.data, x: [start], text: [found.rows.has('trained') ? 'Check: these runs exist' : ''] };
      }
      for (const [name, data] of Object.entries(columns)) {
        const source = view.byName(name);
        if (source) {
          source.data = data;
        }
      }
    });
    const same = model.isSearched(now);
    store.set({ ...values, 'answer.same': same, 'answer.searched': live() || same }, 'behaviour');
  }

  const frame = new Following(store, FOLLOW, update);
  const forget = store.onCommit(values => {
    const asked: Record<string, Value> = {};
    for (const [key, value] of Object.entries(values)) {
      if (SEARCH.test(key)) {
        asked[key] = value;
      }
    }
    if (Object.keys(asked).length > 0 && live() && held() !== null) {
      ask('search', asked);
    }
  });

  const move = (k: number, [params, tokens]: [number, number]) => {
    if (params > 0 && tokens > 0) {
      store.set({ [`run.${k}.params`]: params, [`run.${k}.tokens`]: tokens }, 'user');
    }
  };
  const done = (k: number) => store.commit([`run.${k}.params`, `run.${k}.tokens`]);
  const rest = (k: number) => runs().filter((_, other) => other !== k);
  const handles = Array.from({ length: count }, (_, k) =>
    startHandle(
      {
        figure: 'main',
        label: `Run ${k + 1}: drag, or use the arrow keys, to make another run in its place`,
        at: () => run(k),
        drag(x, y) {
          active = k;
          move(k, model.place(x, y, rest(k)));
        },
        step(right, up) {
          active = k;
          move(k, model.step(run(k), right, up, [...rest(k), run(k)]));
        },
        done: () => done(k)
      },
      store,
      view
    )
  );

  /** A click on a candidate puts it in the place of the run that was moved last, or of the nearest one. */
  const swap = (event: PointerEvent) => {
    if (!map || !plot?.frame || event.button !== 0 || (event.target as HTMLElement).closest?.('.sw-handle')) {
      return;
    }
    const { left, top } = map.getBoundingClientRect();
    const { x_scale: across, y_scale: along } = plot.frame;
    let chosen: [number, number] | null = null;
    let least = REACH;
    model.candidates.x.forEach((x, i) => {
      const y = model.candidates.y[i];
      const far = Math.hypot(across.compute(x) + left - event.clientX, along.compute(y) + top - event.clientY);
      if (far < least) {
        least = far;
        chosen = [x, y];
      }
    });
    const found = chosen as [number, number] | null;
    if (found !== null && !runs().some(([n, d]) => n === found[0] && d === found[1])) {
      move(active, found);
      done(active);
      event.preventDefault();
    }
  };
  map?.addEventListener('pointerdown', swap);
  const focused = (event: FocusEvent) => {
    const at = handlesOf(map).indexOf(event.target as HTMLElement);
    active = at >= 0 ? at : active;
  };
  map?.addEventListener('focusin', focused);

  const resized = new ResizeObserver(() => frame.ask());
  if (map) {
    resized.observe(map);
  }
  frame.ask();
  if (live() && !options.simulated) {
    background?.('simulate', {});
  }
  return {
    dispose() {
      resized.disconnect();
      forget();
      handles.forEach(handle => handle.dispose());
      map?.removeEventListener('pointerdown', swap);
      map?.removeEventListener('focusin', focused);
      frame.stop();
    }
  };
}

function handlesOf(map: HTMLElement | null): HTMLElement[] {
  return map ? Array.from(map.querySelectorAll<HTMLElement>('.sw-handle')) : [];
}
