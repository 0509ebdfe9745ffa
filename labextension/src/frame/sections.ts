/** The side column: sections in the order in which a person decides, folded where there is no room. */

import type { Control, ControlHost } from './control.js';
import { buildControl } from './controls.js';
import { element, icon } from './dom.js';
import type { Section } from './types.js';
import { printLines } from './words.js';

interface Built {
  spec: Section;
  el: HTMLElement;
  summary: HTMLElement;
  fold: HTMLButtonElement;
  controls: Control[];
  aside: HTMLButtonElement | null;
  opened: boolean;
}

/** Pixels that a folded section needs to say its value, and that the row leaves free. */
const [FOLD_WIDTH, FOLD_MARGINS] = [136, 32];

export class Side {
  readonly el = element('div', 'sw-side');
  private built: Built[] = [];
  private shape = '';
  private layoutKey = '';
  private live = true;
  private readonly onOutside = (event: Event) => {
    if (this.el.dataset.narrow === 'true' && !this.el.contains(event.target as Node)) {
      this.built.forEach(section => this.open(section, false));
    }
  };

  constructor(private readonly host: ControlHost) {
    document.addEventListener('click', this.onOutside);
  }

  /** Rebuild only when the sections differ: a control under the reader's hand must survive a refit. */
  update(sections: Section[]): void {
    const shape = JSON.stringify(sections);
    if (shape !== this.shape) {
      this.shape = shape;
      const focus = document.activeElement as HTMLElement | null;
      const label = focus && this.el.contains(focus) ? focus.getAttribute('aria-label') : null;
      const opened = new Set(this.built.filter(b => b.opened).map(b => b.spec.id));
      this.built = sections.map(spec => this.build(spec, opened.has(spec.id)));
      this.el.replaceChildren(...this.built.map(b => b.el));
      this.layoutKey = '';
      // A box that has the focus is not written to: all are filled before it is given back.
      this.refresh(null);
      if (label) {
        Array.from(this.el.querySelectorAll<HTMLElement>('[aria-label]'))
          .find(el => el.getAttribute('aria-label') === label)
          ?.focus();
      }
    }
    this.refresh(null);
    this.liveChanged(this.live);
  }

  refresh(changed: ReadonlySet<string> | null): void {
    for (const section of this.built) {
      for (const control of section.controls) {
        if (changed === null || control.keys === null || control.keys.some(key => changed.has(key))) {
          control.refresh();
        }
      }
      const words = printLines(section.spec.folded, this.host.store);
      if (section.summary.textContent !== words) {
        section.summary.textContent = words;
      }
    }
  }

  liveChanged(live: boolean): void {
    this.live = live;
    for (const section of this.built) {
      section.controls.forEach(control => control.liveChanged(live));
      if (section.aside) {
        section.aside.disabled = !live;
        section.aside.title = live ? '' : 'Needs a running kernel';
      }
    }
  }

  layout(width: number, narrow: boolean, compact: boolean): void {
    const folds = this.built.filter(section => section.spec.open !== true).length;
    const room = Math.max(1, Math.floor((width - FOLD_MARGINS) / FOLD_WIDTH));
    // As many in every row as the rows they need have room for, evenly.
    this.el.style.setProperty('--sw-folds', String(Math.ceil(folds / Math.ceil(folds / room)) || 1));
    const key = `${narrow}${compact}`;
    if (key === this.layoutKey) {
      return;
    }
    this.layoutKey = key;
    this.el.dataset.narrow = String(narrow);
    for (const section of this.built) {
      const folded = narrow ? section.spec.open !== true : compact && section.spec.fold === true;
      section.el.dataset.folded = String(folded);
      this.open(section, section.opened);
    }
  }

  dispose(): void {
    document.removeEventListener('click', this.onOutside);
  }

  private open(section: Built, open: boolean): void {
    section.opened = open;
    section.el.dataset.open = String(open);
    section.fold.setAttribute('aria-expanded', String(open));
  }

  private build(spec: Section, opened: boolean): Built {
    const el = element('section', 'sw-section', null, { 'data-section': spec.id });
    const head = element('div', 'sw-section-head');
    head.append(element('h3', 'sw-heading', spec.heading));
    let aside: HTMLButtonElement | null = null;
    if (spec.aside) {
      if ('note' in spec.aside) {
        head.append(element('span', 'sw-aside', spec.aside.note));
      } else if ('show' in spec.aside) {
        const { label, show } = spec.aside;
        const link = element('button', 'sw-link', label, { type: 'button' });
        link.addEventListener('click', () => this.host.show?.(show));
        head.append(link);
      } else if ('toggle' in spec.aside) {
        const { label, toggle } = spec.aside;
        const { store } = this.host;
        const link = element('button', 'sw-link', label, { type: 'button', 'aria-expanded': 'false' });
        link.addEventListener('click', () => store.set({ [toggle]: store.get(toggle) === 'on' ? 'off' : 'on' }, 'user'));
        store.subscribe(() => link.setAttribute('aria-expanded', String(store.get(toggle) === 'on')));
        head.append(link);
      } else if ('set' in spec.aside) {
        const { label, set } = spec.aside;
        const link = element('button', 'sw-link', label, { type: 'button' });
        link.addEventListener('click', () => {
          this.host.store.set(set, 'user');
          this.host.store.commit(Object.keys(set));
        });
        head.append(link);
      } else {
        const action = spec.aside;
        aside = element('button', 'sw-link', action.label, { type: 'button', 'data-ask': action.ask });
        aside.addEventListener('click', () => this.host.run(action));
        head.append(aside);
      }
    }
    const fold = element('button', 'sw-fold', null, { type: 'button', 'aria-label': spec.heading });
    const summary = element('span', 'sw-fold-value');
    fold.append(element('span', 'sw-fold-name', spec.heading), summary, icon('down', 14));
    const body = element('div', 'sw-section-body');
    const controls = spec.items.map(item => buildControl(item, this.host));
    body.append(...controls.map(control => control.el));
    el.append(head, fold, body);
    const built: Built = { spec, el, summary, fold, controls, aside, opened };
    fold.addEventListener('click', () => {
      const open = !built.opened;
      if (this.el.dataset.narrow === 'true') {
        this.built.forEach(other => this.open(other, false));
      }
      this.open(built, open);
    });
    return built;
  }
}
