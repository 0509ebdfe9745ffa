/** A table that stands where a figure could: its words follow the controls. */

import type { Theme } from '../pane/scene.js';
import type { Store } from '../pane/store.js';
import { element } from './dom.js';
import type { FigureTable } from './types.js';
import { showLines } from './words.js';

const COLOUR = /^#[0-9a-f]{6}$/i;

export interface TableView {
  el: HTMLElement;
  refresh(table: FigureTable | undefined, store: Store): void;
  setTheme(theme: Theme, store: Store): void;
}

export function figureTable(table: FigureTable): TableView {
  const el = element('table', `sw-costs${table.bare ? ' sw-bare' : ''}`, null, { 'aria-label': table.label });
  let rows: { label: HTMLElement; dot: HTMLElement | null; cells: HTMLElement[] }[] = [];
  let theme: Theme = 'light';
  let shown = table;
  const build = (now: FigureTable) => {
    const head = element('tr');
    head.append(element('th', 'sw-corner', now.corner ?? ''));
    for (const { label, role } of now.columns) {
      head.append(element('th', role ? `sw-column-${role}` : '', label, { scope: 'col' }));
    }
    rows = now.rows.map(row => ({
      label: element('span'),
      dot: row.swatch === undefined ? null : element('span', 'sw-swatch'),
      cells: row.cells.map(() => element('td'))
    }));
    const lines = rows.map(({ label, dot, cells }, i) => {
      const line = element('tr', now.rows[i].strong ? 'sw-sum' : '');
      const name = element('th', dot ? 'sw-swatched' : '', null, { scope: 'row' });
      name.append(...(dot ? [dot] : []), label);
      line.append(name, ...cells);
      return line;
    });
    el.replaceChildren(...(now.bare ? [] : [head]), ...lines);
  };
  const paint = (store: Store) => {
    const colours = shown.swatches?.[theme] ?? [];
    rows.forEach(({ dot }, i) => {
      const colour = colours[store.number(shown.rows[i].swatch ?? '')];
      if (dot && colour !== undefined && COLOUR.test(colour)) {
        dot.style.background = colour;
      }
    });
  };
  build(table);
  return {
    el,
    refresh(now, store) {
      if (now === undefined) {
        return;
      }
      shown = now;
      if (now.rows.length !== rows.length) {
        build(now);
      }
      now.rows.forEach((row, i) => {
        showLines(rows[i].label, row.label, store);
        row.cells.forEach((cell, j) => showLines(rows[i].cells[j], cell, store));
      });
      paint(store);
    },
    setTheme(now, store) {
      theme = now;
      paint(store);
    }
  };
}
