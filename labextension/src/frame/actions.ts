/** The foot of a frame: what the numbers can be trusted for, and what to do with them. */

import type { SceneTable } from '../pane/scene.js';
import type { Store, Value, Values } from '../pane/store.js';
import { element, icon } from './dom.js';
import { copyText, saveBlob, saveText, svgToPng, tableToCsv } from './export.js';
import type { Line } from './types.js';
import { holds, printLine } from './words.js';

/** What a frame may ask of whoever carries it. */
export interface Actions {
  /** Ask the kernel; resolves with its answer, rejects with a sentence. */
  ask(action: string, args: Record<string, Value>): Promise<unknown>;
  /** Ask for what nobody waits for: how far it is stands under `asked.{action}`. */
  background?(action: string, args: Record<string, Value>): Promise<unknown>;
  cancel(): void;
  /** Is there a kernel to ask? */
  live(): boolean;
  /** The still picture that came with the scene, for export without a kernel. */
  still?(): string | null;
}

interface Export {
  label: string;
  note: string;
  needsKernel: boolean;
}

const EXPORTS: Record<string, Export> = {
  png: { label: 'PNG', note: 'picture', needsKernel: false },
  svg: { label: 'SVG', note: 'picture, scalable', needsKernel: false },
  csv: { label: 'CSV', note: 'runs, fit and residuals', needsKernel: false },
  html: { label: 'HTML', note: 'page that still slides', needsKernel: true }
};

interface Exported {
  text: string;
  name: string;
  type: string;
}

export class Footer {
  readonly el = element('footer', 'sw-footer');
  private readonly trust = element('ul', 'sw-trust', null, { 'aria-label': 'What this answer rests on' });
  private readonly menu = element('div', 'sw-menu', null, { role: 'menu' });
  private readonly closeMenu = (event: Event) => {
    if (!this.exportBox.contains(event.target as Node)) {
      this.menu.hidden = true;
    }
  };
  private readonly exportBox = element('div', 'sw-export');
  private readonly copyButton = element('button', 'sw-button sw-primary', null, { type: 'button' });
  private lines: Line[] = [];
  private code: Line[] = [];
  private table: SceneTable = { columns: [], rows: [] };
  private start: Values = {};
  private name = 'scalewidgets';

  constructor(
    private readonly store: Store,
    private readonly actions: Actions,
    private readonly complain: (sentence: string | null) => void,
    private readonly extra: { label: string; run: () => void }[]
  ) {
    const buttons = element('div', 'sw-actions');
    const reset = element('button', 'sw-button sw-plain-button', null, { type: 'button' });
    reset.append(icon('reset'), element('span', 'sw-button-words', 'Reset'));
    reset.title = 'Back to the fit and the first target';
    reset.addEventListener('click', () => void this.reset());

    const open = element('button', 'sw-button', null, { type: 'button', 'aria-haspopup': 'menu' });
    open.append(icon('download'), element('span', 'sw-button-words', 'Export'));
    open.addEventListener('click', () => {
      this.menu.hidden = !this.menu.hidden;
      this.fillMenu();
    });
    this.menu.hidden = true;
    this.exportBox.append(open, this.menu);
    document.addEventListener('click', this.closeMenu);

    this.copyButton.append(icon('code'), element('span', 'sw-button-words', 'Copy code'));
    this.copyButton.addEventListener('click', () => void this.copy());
    buttons.append(reset, this.exportBox, this.copyButton);
    this.el.append(this.trust, buttons);
  }

  update(spec: { trust: Line[]; code: Line[]; table: SceneTable; start: Values; name: string }): void {
    this.lines = spec.trust;
    this.code = spec.code;
    this.table = spec.table;
    this.start = spec.start;
    this.name = spec.name;
    this.copyButton.hidden = spec.code.length === 0;
    this.refresh();
  }

  /** What the answer rests on is told anew. */
  rest(trust: Line[]): void {
    this.lines = trust;
  }

  refresh(): void {
    const shown = this.lines.filter(line => holds(line, this.store));
    while (this.trust.childElementCount > shown.length) {
      this.trust.lastElementChild?.remove();
    }
    shown.forEach((line, i) => {
      let item = this.trust.children[i] as HTMLElement | undefined;
      const level = line.level ?? 'fine';
      if (item === undefined || item.dataset.level !== level) {
        const fresh = element('li', 'sw-trust-item');
        fresh.dataset.level = level;
        fresh.append(icon(level), element('span', 'sw-long'), element('span', 'sw-short'));
        item ? item.replaceWith(fresh) : this.trust.append(fresh);
        item = fresh;
      }
      const words = printLine(line, this.store);
      const [, long, short] = Array.from(item.children) as HTMLElement[];
      if (long.textContent !== words) {
        long.textContent = words;
        short.textContent = line.short ?? words;
        item.title = words;
      }
    });
  }

  dispose(): void {
    document.removeEventListener('click', this.closeMenu);
    this.el.remove();
  }

  private fillMenu(): void {
    this.menu.replaceChildren();
    for (const [format, { label, note, needsKernel }] of Object.entries(EXPORTS)) {
      const item = element('button', 'sw-menu-item', null, { type: 'button', role: 'menuitem' });
      item.append(element('span', '', label), element('span', 'sw-quiet', note));
      item.disabled = needsKernel && !this.actions.live();
      if (item.disabled) {
        item.title = 'Needs a running kernel';
      }
      item.addEventListener('click', () => void this.export(format));
      this.menu.append(item);
    }
    for (const { label, run } of this.extra) {
      const item = element('button', 'sw-menu-item sw-menu-extra', label, { type: 'button', role: 'menuitem' });
      item.addEventListener('click', () => {
        this.menu.hidden = true;
        run();
      });
      this.menu.append(item);
    }
  }

  private async export(format: string): Promise<void> {
    this.menu.hidden = true;
    try {
      this.complain(null);
      const source = format === 'png' ? 'svg' : format;
      const file = this.actions.live()
        ? ((await this.actions.ask('export', { format: source, state: JSON.stringify(this.store.snapshot()) })) as Exported)
        : this.offline(source);
      if (format === 'png') {
        saveBlob(await svgToPng(file.text), `${this.name}.png`);
      } else {
        saveText(file.text, file.name, file.type);
      }
    } catch (error) {
      this.complain(error instanceof Error ? error.message : String(error));
    }
  }

  private offline(format: string): Exported {
    if (format === 'csv') {
      return { text: tableToCsv(this.table), name: `${this.name}.csv`, type: 'text/csv' };
    }
    const still = this.actions.still?.() ?? null;
    if (still === null) {
      throw new Error('This export needs a running kernel: run the cell again.');
    }
    return { text: still, name: `${this.name}.svg`, type: 'image/svg+xml' };
  }

  private async copy(): Promise<void> {
    const text = this.code
      .filter(line => holds(line, this.store))
      .map(line => printLine(line, this.store))
      .join('\n');
    try {
      await copyText(text);
      this.flash('Copied');
    } catch {
      this.complain('The browser does not let this page write to the clipboard. Export the HTML page instead.');
    }
  }

  private flash(words: string): void {
    const label = this.copyButton.querySelector('.sw-button-words');
    if (label) {
      label.textContent = words;
      setTimeout(() => {
        label.textContent = 'Copy code';
      }, 1500);
    }
  }

  private async reset(): Promise<void> {
    const keys = Object.keys(this.start).filter(key => /^(coef|target|fixed|budget|hardware|question|next|noise|run)\./.test(key));
    this.store.set(Object.fromEntries(keys.map(key => [key, this.start[key]])), 'user');
    if (!this.actions.live()) {
      return;
    }
    try {
      this.complain(null);
      await this.actions.ask('reset', {});
    } catch (error) {
      this.complain(error instanceof Error ? error.message : String(error));
    }
  }
}
