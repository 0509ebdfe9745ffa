/** Small helpers to build elements without markup. */

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text: string | null = null,
  attributes: Record<string, string> = {}
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  if (className !== '') {
    el.className = className;
  }
  if (text !== null) {
    el.textContent = text;
  }
  for (const [name, value] of Object.entries(attributes)) {
    el.setAttribute(name, value);
  }
  return el;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Our own line icons, 16 x 16, drawn with the colour of the text. */
const ICONS = {
  fine: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z', 'M5 8.2l2.1 2.1L11 6.2'],
  waiting: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z', 'M8 4.4V8l2.4 1.6'],
  warning: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z', 'M8 4.6v4.2', 'M8 11v.4'],
  error: ['M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z', 'M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6'],
  reset: ['M3.2 5.2A5.4 5.4 0 1 1 2.6 8.6', 'M3 2.2v3.2h3.2'],
  download: ['M8 2v7.5', 'M4.8 6.5L8 9.7l3.2-3.2', 'M2.5 11.5v2h11v-2'],
  code: ['M5.5 4L1.8 8l3.7 4', 'M10.5 4l3.7 4l-3.7 4'],
  down: ['M4 6.2l4 4l4-4'],
  unlocked: ['M3.5 7.5h9v6h-9z', 'M5.5 7.5V5a2.5 2.5 0 0 1 4.8-1'],
  locked: ['M3.5 7.5h9v6h-9z', 'M5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5'],
  table: ['M2 3h12v10H2z', 'M2 6.4h12M2 9.7h12M6.2 3v10']
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName, size = 16): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('width', String(size));
  svg.setAttribute('height', String(size));
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `sw-icon sw-icon-${name}`);
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.appendChild(path);
  }
  return svg;
}

let serial = 0;

/** An id that is unique on the page, to tie labels to controls. */
export function uniqueId(prefix: string): string {
  serial += 1;
  return `sw-${prefix}-${serial}`;
}
