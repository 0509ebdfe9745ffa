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
  const head = element('tr');
  head.append(element('th'));
  for (const column of table.columns) {
    head.append(element('th', column.role ? `sw-column-${column.role}` : '', column.label, { scope: 'col' }));
  }
  el.append(head);
  const rows = table.rows.map(row => {
    const line = element('tr', row.strong ? 'sw-sum' : '');
    const label = element('th', '', null, { scope: 'row' });
    const cells = row.cells.map(() => element('td'));
    line.append(label, ...cells);
    el.append(line);
    return { label, cells };
  });
  return {
    el,
    refresh(now, store) {
      now?.rows.forEach((row, i) => {
        const built = rows[i];
        if (built) {
          showLines(built.label, row.label, store);
          row.cells.forEach((cell, j) => built.cells[j] && showLines(built.cells[j], cell, store));
        }
      });
    }
  };
}
