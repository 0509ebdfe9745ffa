/** The numbers behind a picture as a real table, for readers who do not see it and for those who want them. */

import type { SceneTable } from './scene.js';

/** More rows than this help nobody on screen; the CSV export has them all. */
const MOST_ROWS = 1000;
const NUMBER = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });

export class TableToggle {
  readonly el = document.createElement('div');
  readonly button = document.createElement('button');
  private label = '';
  private open = false;

  constructor(private table: SceneTable) {
    this.el.className = 'sw-table';
    this.el.hidden = true;
    this.el.tabIndex = 0;
    // Seen when it has the focus: the first stop of a keyboard or a screen reader inside the figure.
    this.button.type = 'button';
    this.button.className = 'sw-button sw-skip';
    this.button.addEventListener('click', () => this.toggle());
    this.name();
  }

  toggle(): void {
    this.open = !this.open;
    this.fill();
    if (this.open) {
      this.el.focus();
      this.el.scrollIntoView({ block: 'nearest' });
    }
  }

  update(table: SceneTable, label: string): void {
    this.table = table;
    this.label = label;
    this.fill();
  }

  private name(): void {
    this.button.textContent = this.open ? 'Hide the table' : 'Show as a table';
    this.button.setAttribute('aria-expanded', String(this.open));
  }

  private fill(): void {
    this.name();
    this.button.hidden = this.table.columns.length === 0;
    this.el.hidden = !this.open;
    this.el.replaceChildren();
    if (!this.open) {
      return;
    }
    const table = document.createElement('table');
    const { columns, rows } = this.table;
    const shown = rows.slice(0, MOST_ROWS);
    const cut = rows.length > shown.length ? ` (first ${shown.length} of ${rows.length} rows)` : '';
    table.createCaption().textContent = this.label + cut;
    const head = table.createTHead().insertRow();
    for (const [i, column] of columns.entries()) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.className = shown.some(row => typeof row[i] === 'number') ? 'sw-number' : '';
      cell.textContent = column;
      head.append(cell);
    }
    const body = table.createTBody();
    for (const row of shown) {
      const line = body.insertRow();
      for (const value of row) {
        const cell = line.insertCell();
        cell.textContent = value === null ? '–' : printed(value);
        if (typeof value === 'number') {
          cell.className = 'sw-number';
        }
      }
    }
    this.el.append(table);
  }
}

function printed(value: string | number): string {
  return typeof value === 'number' ? NUMBER.format(value) : String(value);
}
