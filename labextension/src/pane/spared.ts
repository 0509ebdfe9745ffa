/**
 * Work that BokehJS does at every change of a figure though nobody looks at it, put off until somebody does.
 *
 * - Every mark has an element whose place is written as a style sheet at each painting. Colours are read from
 *   computed styles in between, so the browser would work out the styles of the whole page once a mark. Here
 *   a place that did not change is not written, and one that did once nothing moves any more.
 * - Those styles are read some hundred times a painting, though only another theme changes what they say.
 * - The labels of an axis are measured up to four times a painting. Here it is once for the same ticks.
 * - Marks take their data in again and again; see `spareMarks`.
 * - A figure that is folded away is laid out anew at each change. Here it is when it unfolds.
 *
 * All of it is done to the views of one document: other figures on the page are left alone. Where a BokehJS
 * has no such parts nothing is changed.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { spareMarks } from './spared-marks.js';

/** Places are written this long after the last painting: in a gesture they would have the page restyled. */
const LATER_MS = 400;

interface Sheet {
  readonly css: string | null;
  replace(css: string, styles?: unknown): void;
}

export class Spared {
  private readonly places = new Map<Sheet, () => void>();
  private readonly forgetting: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** Spare the view of a drawn plot; `bokeh` is the BokehJS that drew it. */
  constructor(
    private readonly bokeh: any,
    plots: Iterable<any>
  ) {
    for (const plot of plots) {
      if (plot?.renderer_views !== undefined && typeof plot.repaint === 'function') {
        this.spare(plot);
      }
    }
  }

  /** The page looks different: what was read from its styles is read again. */
  restyled(): void {
    this.forgetting.forEach(forget => forget());
  }

  dispose(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.timer = null;
    this.places.clear();
    this.forgetting.length = 0;
  }

  private spare(plot: any): void {
    const renderers: any[] = [...plot.renderer_views.values()];
    renderers.forEach(renderer => this.placeLater(renderer.position));
    for (const view of [plot, ...renderers, ...renderers.flatMap(renderer => renderer.children_views?.() ?? [])]) {
      this.stylesOnce(view);
    }
    renderers.forEach(renderer => this.extentsOnce(renderer));
    spareMarks(this.bokeh, plot, renderers);
    for (const element of plot.element_views ?? []) {
      element.computed_stylesheets?.().forEach(writeOnce);
    }
    const repaint = plot.repaint;
    plot.repaint = () => (plot.is_displayed === false ? plot.paint() : repaint.call(plot));
  }

  private placeLater(sheet: Sheet | undefined): void {
    if (typeof sheet?.replace !== 'function') {
      return;
    }
    const replace = sheet.replace;
    sheet.replace = (css, styles) => {
      this.places.set(sheet, () => {
        if (styles !== undefined || sheet.css !== css) {
          replace.call(sheet, css, styles);
        }
      });
      if (this.timer !== null) {
        clearTimeout(this.timer);
      }
      this.timer = setTimeout(() => this.place(), LATER_MS);
    };
  }

  private place(): void {
    this.timer = null;
    this.places.forEach(write => write());
    this.places.clear();
  }

  /** What the styles of the page say about the lines, areas and words of a view, read once. */
  private stylesOnce(view: any): void {
    for (const visual of view?.visuals?.[Symbol.iterator] ? view.visuals : []) {
      const read = visual._get_css_value;
      if (typeof read === 'function') {
        const known = new Map<string, string>();
        visual._get_css_value = (name: string) => {
          const met = known.get(name);
          if (met !== undefined) {
            return met;
          }
          const value: string = read.call(visual, name);
          // An element outside the page has no styles yet.
          if (view.el?.isConnected === true) {
            known.set(name, value);
          }
          return value;
        };
        this.forgetting.push(() => known.clear());
      }
    }
  }

  /** How much room an axis takes, measured again where its ticks, its place or its looks may be others. */
  private extentsOnce(axis: any): void {
    const extents = found(axis, 'extents')?.get;
    if (extents === undefined || found(axis, 'tick_coords')?.get === undefined) {
      return;
    }
    let known: { key: string; value: unknown } | null = null;
    const forget = () => (known = null);
    // Words of an axis may be built anew after it has told of its change.
    const changed = () => {
      forget();
      setTimeout(forget);
    };
    this.forgetting.push(forget);
    const { model } = axis;
    for (const part of [model, model?.ticker, model?.formatter]) {
      part?.change?.connect(changed);
    }
    Object.defineProperty(axis, 'extents', {
      configurable: true,
      get() {
        const { width, height } = axis.plot_view?.frame?.bbox ?? {};
        const key = [width, height, ...axis.ranges.flatMap((range: any) => [range?.start, range?.end])].join();
        if (known?.key !== key) {
          known = { key, value: extents.call(axis) };
        }
        return known.value;
      }
    });
  }
}

function found(view: any, name: string): PropertyDescriptor | undefined {
  for (let at = view; at !== null && at !== undefined; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor !== undefined) {
      return descriptor;
    }
  }
  return undefined;
}

/** Text that stands in a style sheet is not written again: that alone would make the page restyle. */
function writeOnce(sheet: Sheet): void {
  if (typeof sheet?.replace === 'function') {
    const replace = sheet.replace;
    sheet.replace = (css, styles) => {
      if (styles !== undefined || sheet.css !== css) {
        replace.call(sheet, css, styles);
      }
    };
  }
}
