/** The right side of a frame: one large figure, small ones below it, an inset on empty ground. */

import type { Theme } from '../pane/scene.js';
import type { Store } from '../pane/store.js';
import { element, icon } from './dom.js';
import { figureTable, type TableView } from './figure-table.js';
import type { FigurePlace, Legend } from './types.js';
import { printLines, showLines } from './words.js';

interface Built {
  spec: FigurePlace;
  el: HTMLElement;
  title: HTMLElement;
  note: HTMLElement;
  slot: HTMLElement;
  /** Numbers in rows in place of a drawing, or below it. */
  table: TableView | null;
  fold: HTMLButtonElement | null;
  folded: HTMLElement | null;
  opened: boolean;
}

const COLOUR = /^#[0-9a-f]{6}$/i;

export class Figures {
  readonly el = element('div', 'sw-figures');
  private readonly halves = element('div', 'sw-small sw-halves');
  private readonly columns = element('div', 'sw-columns');
  private readonly small = element('div', 'sw-small');
  private readonly built = new Map<string, Built>();
  private theme: Theme = 'light';
  private legend: { spec: Legend; bar: HTMLElement } | null = null;

  constructor(
    places: readonly FigurePlace[],
    private readonly store: Store
  ) {
    let stage: HTMLElement | null = null;
    for (const spec of places) {
      const built = this.build(spec);
      this.built.set(spec.root, built);
      if (spec.place === 'main') {
        stage = built.slot.parentElement;
        this.el.append(built.el);
      } else if (spec.place === 'beside' && stage) {
        this.pair(built.el);
      } else if (spec.place === 'inset' && stage) {
        stage.append(built.el);
      } else if (spec.place === 'half') {
        this.halves.append(built.el);
      } else if (spec.place === 'column') {
        this.columns.append(built.el);
      } else {
        this.small.append(built.el);
      }
    }
    for (const row of [this.columns, this.halves]) {
      if (row.childElementCount > 0) {
        this.el.append(row);
      }
    }
    if (this.small.childElementCount > 0) {
      this.small.style.setProperty('--sw-folds', String(Math.min(3, this.small.childElementCount)));
      this.el.append(this.small);
    }
  }

  /** Put a figure at the right of the main one, in a row of their own. */
  private pair(beside: HTMLElement): void {
    const main = this.el.lastElementChild;
    const row = element('div', 'sw-top');
    main?.replaceWith(row);
    if (main) {
      row.append(main);
    }
    row.append(beside);
  }

  slot(name: string): HTMLElement | null {
    return this.built.get(name)?.slot ?? null;
  }

  /** Whether these figures stand in the same places: if not, the figures must be built anew. */
  fits(places: readonly FigurePlace[]): boolean {
    return (
      places.length === this.built.size &&
      places.every(({ root, place, height }) => {
        const spec = this.built.get(root)?.spec;
        return spec?.place === place && spec.height === height;
      })
    );
  }

  update(places: readonly FigurePlace[]): void {
    for (const spec of places) {
      const built = this.built.get(spec.root);
      if (built) {
        built.spec = spec;
      }
    }
    this.refresh();
  }

  refresh(): void {
    for (const built of this.built.values()) {
      showLines(built.title, built.spec.title, this.store);
      showLines(built.note, built.spec.note, this.store);
      built.table?.refresh(built.spec.table ?? built.spec.rows, this.store);
      if (built.folded) {
        const words = printLines(built.spec.folded ?? built.spec.note, this.store);
        if (built.folded.textContent !== words) {
          built.folded.textContent = words;
        }
      }
    }
  }

  layout(narrow: boolean, compact: boolean): void {
    for (const built of this.built.values()) {
      if (built.spec.place === 'small') {
        built.el.dataset.folded = String(compact && !narrow);
        built.el.dataset.open = String(built.opened);
      }
      if (built.spec.place === 'inset') {
        built.el.hidden = narrow || built.spec.hidden === true;
      }
    }
  }

  /** Open a figure where it is folded, and bring it into view. */
  reveal(name: string): void {
    const built = this.built.get(name);
    if (built) {
      built.opened = true;
      built.el.dataset.open = 'true';
      built.fold?.setAttribute('aria-expanded', 'true');
      built.el.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    }
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.paintLegend();
    this.built.forEach(({ table }) => table?.setTheme(theme, this.store));
  }

  private paintLegend(): void {
    if (this.legend) {
      const colours = this.legend.spec.colours[this.theme].filter(colour => COLOUR.test(colour));
      this.legend.bar.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
    }
  }

  private build(spec: FigurePlace): Built {
    const el = element('section', `sw-figure sw-figure-${spec.place}`, null, { 'data-root': spec.root });
    el.classList.toggle('sw-figure-rows', spec.wide === true);
    const head = element('div', 'sw-figure-head');
    const words = element('div', 'sw-figure-words');
    const title = element('h4', 'sw-figure-title');
    const note = element('p', 'sw-figure-note');
    words.append(title, note);
    head.append(words);
    if (spec.legend) {
      head.append(this.buildLegend(spec.legend));
    }
    const stage = element('div', 'sw-stage');
    const slot = element('div', 'sw-slot', null, { 'data-slot': spec.root });
    const height = Math.min(2000, Math.max(60, Number(spec.height) || 300));
    const shown = spec.table ?? spec.rows;
    const table = shown === undefined ? null : figureTable(shown);
    const alone = spec.table !== undefined && table !== null;
    stage.append(alone ? table.el : slot);
    const built: Built = { spec, el, title, note, slot, table, fold: null, folded: null, opened: false };
    if (spec.place === 'inset') {
      const [left, top, right, bottom] = (spec.box ?? [0.56, 0, 1, 0.45]).map(v => Math.min(1, Math.max(0, Number(v))));
      Object.assign(el.style, {
        left: `${left * 100}%`,
        top: `${top * 100}%`,
        right: `${(1 - right) * 100}%`,
        height: `${(bottom - top) * 100}%`
      });
      el.append(head, stage);
    } else {
      // A table is as tall as its rows.
      stage.style.height = alone ? 'auto' : `${height}px`;
      if (spec.place === 'small') {
        const fold = element('button', 'sw-fold', null, { type: 'button', 'aria-expanded': 'false' });
        const folded = element('span', 'sw-fold-value');
        const name = element('span', 'sw-fold-name', printLines(spec.title, this.store));
        fold.append(name, folded, icon('down', 14));
        fold.addEventListener('click', () => {
          built.opened = !built.opened;
          el.dataset.open = String(built.opened);
          fold.setAttribute('aria-expanded', String(built.opened));
        });
        built.fold = fold;
        built.folded = folded;
        el.append(fold);
      }
      el.append(head, stage);
      if (table !== null && !alone) {
        el.append(table.el);
      }
    }
    return built;
  }

  private buildLegend(spec: Legend): HTMLElement {
    const el = element('div', 'sw-legend');
    const scale = element('div', 'sw-legend-scale');
    const bar = element('div', 'sw-legend-bar');
    scale.append(bar);
    for (const tick of spec.ticks) {
      const mark = element('span', 'sw-legend-tick', tick.label);
      mark.style.left = `${Math.min(1, Math.max(0, Number(tick.at))) * 100}%`;
      scale.append(mark);
    }
    el.append(element('span', 'sw-legend-label', spec.label), scale);
    this.legend = { spec, bar };
    this.paintLegend();
    return el;
  }
}
