/** The entries of a menu, under headings where they have any. */

import { element } from './dom.js';
import type { Option } from './types.js';

/** Entries in their order; neighbours of one group stand together, those without a group by themselves. */
export function grouped(options: readonly Option[]): { heading: string | null; options: Option[] }[] {
  const groups: { heading: string | null; options: Option[] }[] = [];
  for (const option of options) {
    const heading = option.group ?? null;
    const last = groups[groups.length - 1];
    if (last !== undefined && last.heading === heading) {
      last.options.push(option);
    } else {
      groups.push({ heading, options: [option] });
    }
  }
  return groups;
}

/** What stands inside a `<select>`. */
export function optionElements(options: readonly Option[]): HTMLElement[] {
  return grouped(options).flatMap(group => {
    const entries = group.options.map(({ value, label }) => element('option', '', label, { value }));
    if (group.heading === null) {
      return entries;
    }
    const el = element('optgroup', '', null, { label: group.heading });
    el.append(...entries);
    return [el];
  });
}
