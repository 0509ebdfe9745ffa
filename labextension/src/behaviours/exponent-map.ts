/** The best coefficients for given exponents, from the cells of a map: what a click on it sets. */

export interface MapOptions {
  /** The exponents of the axes, one or two. */
  names: string[];
  /** All coefficients of the law. */
  coefficients: string[];
  fit: Record<string, number>;
}

interface Place {
  /** The cell below, and how far beyond it, 0 to 1. */
  cell: number;
  part: number;
}

/** Where a value stands among ascending ones; values beyond the ends stand on them. */
export function placeOn(axis: Float64Array, value: number): Place {
  const last = axis.length - 2;
  let cell = 0;
  while (cell < last && value >= axis[cell + 1]) {
    cell++;
  }
  const part = (value - axis[cell]) / (axis[cell + 1] - axis[cell]);
  return { cell, part: Math.min(1, Math.max(0, part)) };
}

export class ExponentMap {
  readonly axes: Float64Array[];
  /** Coefficients that are not on an axis; those that are never zero by their logarithm. */
  private readonly others: { name: string; values: Float64Array; logged: boolean }[];
  private readonly rise: Float64Array | null;

  constructor(
    private readonly options: MapOptions,
    arrays: Readonly<Record<string, Float64Array>>
  ) {
    this.axes = options.names.map((_, i) => arrays[`map.axis.${i}`]);
    this.others = options.coefficients
      .filter(name => !options.names.includes(name))
      .map(name => {
        const values = arrays[`map.${name}`];
        // Amplitudes fall steeply with their exponents: their logarithms are nearly straight lines.
        const logged = values.every(value => value > 0);
        return { name, values: logged ? values.map(Math.log) : values, logged };
      });
    this.rise = arrays['map.rise'] ?? null;
  }

  /** All coefficients at their best with these exponents, one value for each axis. */
  at(place: readonly number[]): Record<string, number> {
    const { names, fit } = this.options;
    const clamped = place.map((value, i) => {
      const axis = this.axes[i];
      return Math.min(axis[axis.length - 1], Math.max(axis[0], value));
    });
    if (names.every((name, i) => clamped[i] === fit[name])) {
      return { ...fit };
    }
    const found: Record<string, number> = {};
    names.forEach((name, i) => (found[name] = clamped[i]));
    for (const { name, values, logged } of this.others) {
      const value = this.between(values, clamped);
      found[name] = logged ? Math.exp(value) : value;
    }
    return found;
  }

  /** Height of the profile of a single exponent, in per cent above the fit. */
  heightAt(value: number): number {
    return this.rise === null ? 0 : 100 * this.between(this.rise, [value]);
  }

  private between(values: Float64Array, place: readonly number[]): number {
    const [first, second] = place.map((value, i) => placeOn(this.axes[i], value));
    if (second === undefined) {
      return mix(values[first.cell], values[first.cell + 1], first.part);
    }
    const width = this.axes[1].length;
    const row = (i: number) => {
      const start = i * width + second.cell;
      return mix(values[start], values[start + 1], second.part);
    };
    return mix(row(first.cell), row(first.cell + 1), first.part);
  }
}

function mix(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}
