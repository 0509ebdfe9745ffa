/**
 * Work that BokehJS does at every change of a figure though nobody looks at it, put off until somebody does.
 *
 * - Every mark has an element whose place is written as a style sheet at each painting. Colours are read from
 *   computed styles in between, so the browser would work out the styles of the whole page once a mark. Here
 *   a place that did not change is not written, and one that did after the painting.
 * - Every mark is kept in further looks (chosen, not chosen, muted, thinned out) that follow each change of
 *   its data. Here they follow when they are drawn.
 * - A figure that is folded away is laid out anew at each change. Here it is when it unfolds.
 *
 * All of it is done to the views of one document: other figures on the page are left alone. Where a BokehJS
 * has no such parts nothing is changed.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

const LOOKS = ['decimated_glyph', 'selection_glyph', 'nonselection_glyph', 'muted_glyph'] as const;
/** Ends of the names are those of BokehJS; each is done, in this order, before a look is drawn. */
const STEPS = ['set_data', 'set_visuals', 'after_visuals'] as const;
/** Places are written this long after the first painting that moved them. */
const LATER_MS = 100;

interface Sheet {
  readonly css: string | null;
  replace(css: string, styles?: unknown): void;
}

export class Spared {
  private readonly places = new Map<Sheet, () => void>();
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

  dispose(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.timer = null;
    this.places.clear();
  }

  private spare(plot: any): void {
    for (const renderer of plot.renderer_views.values()) {
      this.placeLater(renderer.position);
      for (const look of LOOKS) {
        // One that was given in place of a derived one may need more than its base has.
        const given = renderer.model[look];
        if (given === undefined || given === null || given === 'auto') {
          this.lookLater(renderer[look]);
        }
      }
    }
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
      this.timer ??= setTimeout(() => this.place(), LATER_MS);
    };
  }

  private place(): void {
    this.timer = null;
    this.places.forEach(write => write());
    this.places.clear();
  }

  private lookLater(look: any): void {
    const plain = this.bokeh.require('models/glyphs/glyph').GlyphView?.prototype;
    const methods = [...STEPS, 'after_lazy_visuals', 'map_data', 'paint'];
    // What is drawn from something that has to be fetched first cannot be caught up with at once.
    const known = plain !== undefined && look?.base != null && methods.every(name => typeof look[name] === 'function');
    if (!known || look.after_lazy_visuals !== plain.after_lazy_visuals) {
      return;
    }
    const behind = new Map<string, unknown[]>();
    const done = Object.fromEntries(methods.map(name => [name, look[name]]));
    for (const step of STEPS) {
      look[step] = (...given: unknown[]) => void behind.set(step, given);
    }
    look.map_data = () => undefined;
    look.paint = (...given: unknown[]) => {
      for (const step of STEPS) {
        const missed = behind.get(step);
        if (missed) {
          // Calls of each other are those of BokehJS itself, not of what stands in for them.
          done[step].call(look, ...missed);
        }
      }
      behind.clear();
      done.map_data.call(look);
      done.paint.call(look, ...given);
    };
  }
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
