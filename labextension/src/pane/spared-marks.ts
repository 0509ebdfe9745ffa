/**
 * How the marks of a figure take in their data: once for all changes of a moment, and when somebody looks.
 *
 * - BokehJS takes the data in for each thing that changed: new runs are new columns and another number of rows.
 * - Marks of a figure that is folded away take theirs in when it unfolds, before it is painted.
 * - Which marks lie within the frame is worked out when data come and again when they are painted. Here it
 *   is when they are painted.
 * - Every mark is kept in further looks (chosen, not chosen, muted, thinned out) that follow each change of
 *   its data. Here they follow when they are drawn.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

const LOOKS = ['decimated_glyph', 'selection_glyph', 'nonselection_glyph', 'muted_glyph'] as const;
/** Ends of the names are those of BokehJS; each is done, in this order, before a look is drawn. */
const STEPS = ['set_data', 'set_visuals', 'after_visuals'] as const;

export function spareMarks(bokeh: any, plot: any, renderers: readonly any[]): void {
  const behind = new Set<any>();
  for (const renderer of renderers) {
    for (const look of LOOKS) {
      // One that was given in place of a derived one may need more than its base has.
      const given = renderer.model?.[look];
      if (given === undefined || given === null || given === 'auto') {
        lookLater(bokeh, renderer[look]);
      }
    }
    if (typeof renderer.set_data === 'function' && renderer.glyph != null) {
      dataOnce(bokeh, plot, renderer, behind);
    }
  }
  const { paint } = plot;
  let catching = false;
  plot.paint = () => {
    if (catching) {
      return;
    }
    if (behind.size === 0 || plot.is_displayed === false) {
      paint.call(plot);
      return;
    }
    // Done before the page is painted, unless a mark has to fetch something.
    catching = true;
    const late = [...behind].map(renderer => renderer.set_data());
    behind.clear();
    void Promise.all(late).finally(() => {
      catching = false;
      if (plot.is_destroyed !== true) {
        paint.call(plot);
      }
    });
  };
}

function dataOnce(bokeh: any, plot: any, renderer: any, behind: Set<any>): void {
  const { set_data, _update_masked_indices: mask } = renderer;
  const indices = bokeh.require('core/types').Indices;
  let asked: Promise<void> | null = null;
  let taking = 0;
  const take = async () => {
    asked = null;
    if (plot.is_displayed === false) {
      behind.add(renderer);
      return;
    }
    taking += 1;
    try {
      await set_data.call(renderer);
    } finally {
      taking -= 1;
    }
  };
  renderer.set_data = () => (asked ??= Promise.resolve().then(take));
  if (typeof mask === 'function' && typeof indices?.all_set === 'function') {
    renderer._update_masked_indices = () =>
      taking > 0 ? indices.all_set(renderer.glyph.data_size) : mask.call(renderer);
  }
}

function lookLater(bokeh: any, look: any): void {
  const plain = bokeh.require('models/glyphs/glyph').GlyphView?.prototype;
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
