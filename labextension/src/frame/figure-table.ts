/** A table that stands where a figure could: its words follow the controls. */

import type { Store } from '../pane/store.js';
import { element } from './dom.js';
import type { FigureTable } from './types.js';
import { showLines } from './words.js';

export interface TableView {
  el: HTMLElement;
  refresh(table: FigureTable | undefined, store: Store): void;
}

export function figureTable(table: FigureTable): TableView {
  const el = element('table', 'sw-costs', null, { 'aria-label': table.label });
  let rows: { label: HTMLElement; cells: HTMLElement[] }[] = [];
  const build = (now: FigureTable) => {
    const head = element('tr');
    head.append(element('th'));
    for (const { label, role } of now.columns) {
      head.append(element('th', role ? `sw-column-${role}` : '', label, { scope: 'col' }));
    }
    rows = now.rows.map(row => ({
      label: element('th', '', null, { scope: 'row' }),
      cells: row.cells.map(() => element('td'))
    }));
    const lines = rows.map(({ label, cells }, i) => {
      const line = element('tr', now.rows[i].strong ? 'sw-sum' : '');
      line.append(label, ...cells);
      return line;
    });
    el.replaceChildren(head, ...lines);
  };
  build(table);
  return {
    el,
    refresh(now, store) {
      if (now === undefined) {
        return;
      }
      if (now.rows.length !== rows.length) {
        build(now);
      }
      now.rows.forEach((row, i) => {
        showLines(rows[i].label, row.label, store);
        row.cells.forEach((cell, j) => showLines(rows[i].cells[j], cell, store));
      });
    }
  };
}
