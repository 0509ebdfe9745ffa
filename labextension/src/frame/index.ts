/**
 * The frame around every screen: sentence, side column, figures, trust line and actions.
 *
 * It is built from words and numbers alone (a scene's `frame`) and puts them on the page as text: nothing
 * that a file brings is ever read as markup.
 */

import type { Scene, Theme } from '../pane/scene.js';
import type { Store } from '../pane/store.js';
import { Footer, type Actions } from './actions.js';
import { element } from './dom.js';
import { chooseFile, dropFile } from './files.js';
import { Figures } from './figures.js';
import { Side } from './sections.js';
import type { Ask, EmptyState, FrameSpec, Notice } from './types.js';
import { printRun, showLines } from './words.js';

export type { Actions } from './actions.js';

export interface Frame {
  /** Where the Bokeh root of this name is drawn; null when the frame has no place for it. */
  slot(name: string): HTMLElement | null;
  update(scene: Omit<Scene, 'document'>): void;
  /** Some parts of the words are others, of sentence, second line and trust line: printed with what the store tells next. */
  touch(parts: Record<string, unknown>): void;
  /** A kernel is working: `label` in words, `done`/`total` for the progress line; null when it is done. */
  working(progress: { done: number; total: number; label: string } | null): void;
  liveChanged(live: boolean): void;
  /** A problem in one sentence; null takes it away. */
  notice(sentence: string | null): void;
  setTheme(theme: Theme): void;
  dispose(): void;
}

/** Below this width the controls fold above the figure. */
const NARROW = 900;
/** Below this one, two controls no longer stand side by side. */
const TINY = 480;
/** Progress that is over sooner than this is not shown: a flicker tells nobody anything. */
const PATIENCE_MS = 150;

/** A scene may come from a file: what is missing is filled, so that a broken frame is a plain one. */
function complete(frame: Record<string, unknown>): FrameSpec {
  const list = (key: string) => (Array.isArray(frame[key]) ? frame[key] : []);
  return {
    label: typeof frame.label === 'string' ? frame.label : 'Figure',
    mode: frame.mode === 'full' ? 'full' : 'compact',
    phase: frame.phase === 'empty' || frame.phase === 'refused' ? frame.phase : 'ready',
    sentence: list('sentence'),
    second: list('second'),
    conventions: list('conventions'),
    sections: list('sections'),
    figures: list('figures'),
    trust: list('trust'),
    notice: (frame.notice as Notice | undefined) ?? null,
    empty: (frame.empty as EmptyState | undefined) ?? null,
    code: list('code')
  };
}

export function buildFrame(
  host: HTMLElement,
  scene: Omit<Scene, 'document'>,
  store: Store,
  actions: Actions,
  extra: { label: string; run: () => void }[] = []
): Frame {
  let spec = complete(scene.frame);
  const root = element('div', 'sw-frame', null, { 'data-mode': spec.mode });
  const progress = element('div', 'sw-progress', null, { role: 'progressbar', 'aria-label': 'Fitting' });
  const bar = element('div', 'sw-progress-bar');
  progress.append(bar);
  progress.hidden = true;

  const header = element('header', 'sw-header');
  const said = element('div', 'sw-said');
  const sentence = element('p', 'sw-sentence');
  const second = element('p', 'sw-second');
  said.append(sentence, second);
  const conventions = element('div', 'sw-conventions');
  header.append(said, conventions);

  const noticeBox = element('div', 'sw-notice', null, { role: 'alert' });
  noticeBox.hidden = true;

  const complain = (words: string | null) => showNotice(words === null ? null : plainNotice(words));
  const run = (asked: Ask) => void perform(asked);

  let figures = new Figures(spec.figures, store);
  const side = new Side({ store, run, show: name => figures.reveal(name) });
  let theme: Theme = 'light';
  const ghost = element('div', 'sw-ghost');
  const body = element('div', 'sw-body');
  body.append(side.el, figures.el, ghost);
  const footer = new Footer(store, actions, complain, extra);
  root.append(progress, header, noticeBox, body, footer.el);
  host.append(root);

  // One button for the whole of a fit: a button that is replaced under the pointer cannot be pressed.
  const doing = element('span');
  const cancel = element('button', 'sw-link sw-cancel', 'Cancel', { type: 'button' });
  cancel.addEventListener('click', () => actions.cancel());
  let waiting: ReturnType<typeof setTimeout> | null = null;
  let busy: { label: string } | null = null;

  function plainNotice(words: string): Notice {
    return { level: 'error', runs: [{ text: words }], repairs: [] };
  }

  async function perform(asked: Ask): Promise<void> {
    complain(null);
    try {
      const file = asked.file === undefined ? {} : await chooseFile(asked.file);
      if (file !== null) {
        await actions.ask(asked.ask, { ...asked.args, ...file });
      }
    } catch (error) {
      // A refusal that comes with repairs has already put its own notice in the frame.
      if (spec.notice === null) {
        complain(error instanceof Error ? error.message : String(error));
      }
    }
  }

  function button(asked: Ask, className: string): HTMLButtonElement {
    const el = element('button', className, asked.label, { type: 'button', 'data-ask': asked.ask });
    el.disabled = !actions.live();
    el.addEventListener('click', () => run(asked));
    return el;
  }

  function showNotice(notice: Notice | null): void {
    noticeBox.hidden = notice === null;
    noticeBox.replaceChildren();
    if (notice) {
      noticeBox.dataset.level = notice.level;
      const words = element('p', 'sw-notice-words');
      for (const run of notice.runs) {
        words.append(element('span', `sw-run sw-${run.role ?? 'plain'}`, printRun(run, store)));
      }
      const repairs = element('div', 'sw-repairs');
      repairs.append(...notice.repairs.map(repair => button(repair, 'sw-button')));
      const close = element('button', 'sw-link sw-dismiss', 'Dismiss', { type: 'button' });
      close.addEventListener('click', () => showNotice(null));
      repairs.append(close);
      noticeBox.append(words, repairs);
    }
  }

  function showGhost(): void {
    ghost.hidden = spec.empty === null;
    ghost.replaceChildren();
    if (spec.empty) {
      const card = element('div', 'sw-ghost-card');
      card.append(button(spec.empty.button, 'sw-button sw-primary'));
      const other = element('p', 'sw-ghost-note', 'or drop a CSV here, or ');
      other.append(button(spec.empty.link, 'sw-link'));
      card.append(other);
      ghost.append(
        element('span', 'sw-ghost-y', 'Loss (nats per token)'),
        element('div', 'sw-ghost-curve'),
        card,
        element('span', 'sw-ghost-x', 'Training compute (FLOP)')
      );
    }
  }

  function refresh(changed: ReadonlySet<string> | null): void {
    showLines(sentence, spec.sentence, store);
    if (progress.hidden) {
      showLines(second, spec.second, store);
    }
    side.refresh(changed);
    figures.refresh();
    footer.refresh();
  }

  function update(next: Omit<Scene, 'document'>): void {
    spec = complete(next.frame);
    root.dataset.mode = spec.mode;
    root.dataset.phase = spec.phase;
    conventions.replaceChildren(...spec.conventions.map(words => element('div', '', String(words))));
    side.update(spec.sections);
    if (!figures.fits(spec.figures)) {
      const fresh = new Figures(spec.figures, store);
      figures.el.replaceWith(fresh.el);
      figures = fresh;
      figures.setTheme(theme);
    }
    figures.update(spec.figures);
    footer.update({ trust: spec.trust, code: spec.code, table: next.table, start: next.state, name: next.kind });
    showNotice(spec.notice);
    showGhost();
    refresh(null);
    layout();
  }

  function touch(parts: Record<string, unknown>): void {
    const { sentence, second, trust } = complete({ ...spec, ...parts });
    spec = { ...spec, sentence, second, trust };
    footer.rest(trust);
    // Controls hold what they held: only words are others.
    store.again('kernel');
  }

  function layout(): void {
    const width = root.clientWidth;
    if (width === 0) {
      return;
    }
    const narrow = width < NARROW;
    root.dataset.width = narrow ? 'narrow' : 'wide';
    root.dataset.tiny = String(width < TINY);
    side.layout(width, narrow, spec.mode === 'compact');
    figures.layout(narrow, spec.mode === 'compact');
  }

  const stopDrops = dropFile(root, file => {
    if (actions.live()) {
      void actions.ask('open-table', file).catch((error: unknown) => {
        if (spec.notice === null) {
          complain(error instanceof Error ? error.message : String(error));
        }
      });
    }
  });
  const observer = new ResizeObserver(() => layout());
  observer.observe(root);
  const unsubscribe = store.subscribe(changed => refresh(changed));
  update(scene);

  return {
    slot: name => figures.slot(name),
    update,
    touch,
    working(state) {
      if (state === null) {
        if (waiting !== null) {
          clearTimeout(waiting);
          waiting = null;
        }
        busy = null;
        root.dataset.working = 'false';
        progress.hidden = true;
        second.style.minHeight = '';
        second.replaceChildren();
        showLines(second, spec.second, store);
        return;
      }
      const show = () => {
        waiting = null;
        // A shorter line must not make the figures jump.
        second.style.minHeight = `${second.offsetHeight}px`;
        root.dataset.working = 'true';
        progress.hidden = false;
      };
      if (busy === null && waiting === null && progress.hidden) {
        waiting = setTimeout(show, PATIENCE_MS);
      }
      busy = { label: state.label };
      const share = state.total > 0 ? state.done / state.total : 0;
      bar.style.width = `${(share * 100).toFixed(1)}%`;
      progress.setAttribute('aria-valuenow', String(Math.round(share * 100)));
      if (!progress.hidden) {
        // A label that is a sentence of its own says what is done; others are parts of a fit.
        const part = state.label === '' ? 'Refitting' : `Refitting: ${state.label}`;
        doing.textContent = `${/^[A-Z]/.test(state.label) ? state.label : part}. `;
        if (cancel.parentElement !== second) {
          second.replaceChildren(doing, cancel);
        }
      }
    },
    liveChanged(live) {
      root.dataset.live = String(live);
      side.liveChanged(live);
    },
    notice: complain,
    setTheme(chosen) {
      theme = chosen;
      root.dataset.theme = theme;
      figures.setTheme(theme);
    },
    dispose() {
      observer.disconnect();
      stopDrops();
      unsubscribe();
      if (waiting !== null) {
        clearTimeout(waiting);
      }
      side.dispose();
      footer.dispose();
      root.remove();
    }
  };
}

