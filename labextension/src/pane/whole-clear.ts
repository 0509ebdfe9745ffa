/**
 * BokehJS draws half a pixel off, and clears its layers half a pixel off as well: their first row and column
 * keep a part of all that was ever drawn there, which after a change of the theme is a line along each figure.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

/** Let the layers of a drawn plot be cleared whole; where a BokehJS has no such parts nothing is changed. */
export function clearWhole(plot: any): void {
  for (const name of ['primary', 'overlays']) {
    const layer = plot?.canvas_view?.[name];
    if (typeof layer?.clear === 'function' && typeof layer.undo_transform === 'function') {
      layer.clear = () =>
        layer.undo_transform((ctx: CanvasRenderingContext2D) => {
          ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
        });
    }
  }
}
