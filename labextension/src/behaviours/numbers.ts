/** Small numerical helpers of the behaviours: grids and quantiles, as NumPy defines them. */

/** `points` values from `low` to `high`, evenly in the logarithm. */
export function geomspace(low: number, high: number, points: number): Float64Array {
  const out = new Float64Array(points);
  const step = points > 1 ? Math.log(high / low) / (points - 1) : 0;
  for (let i = 0; i < points; i++) {
    out[i] = low * Math.exp(i * step);
  }
  if (points > 1) {
    out[points - 1] = high;
  }
  return out;
}

/** Put the k-th smallest of `v` at place k, smaller ones before it (Hoare's selection, in place). */
function select(v: Float64Array, k: number, from: number): void {
  let left = from;
  let right = v.length - 1;
  while (right > left) {
    const pivot = v[(left + right) >> 1];
    let i = left;
    let j = right;
    while (i <= j) {
      while (v[i] < pivot) {
        i++;
      }
      while (v[j] > pivot) {
        j--;
      }
      if (i <= j) {
        const t = v[i];
        v[i] = v[j];
        v[j] = t;
        i++;
        j--;
      }
    }
    if (k <= j) {
      right = j;
    } else if (k >= i) {
      left = i;
    } else {
      return;
    }
  }
}

/**
 * Quantiles with linear interpolation between order statistics (NumPy's default).
 *
 * `levels` must ascend. NaN anywhere gives NaN everywhere: a missing value must not pass in silence.
 */
export function quantiles(values: Float64Array, levels: readonly number[]): number[] {
  const v = new Float64Array(values);
  const n = v.length;
  let missing = n === 0;
  for (let i = 0; i < n && !missing; i++) {
    missing = Number.isNaN(v[i]);
  }
  if (missing) {
    return levels.map(() => NaN);
  }
  let from = 0;
  return levels.map(level => {
    const at = level * (n - 1);
    const k = Math.floor(at);
    select(v, k, from);
    const low = v[k];
    from = k;
    if (at === k) {
      return low;
    }
    let high = Infinity;
    for (let i = k + 1; i < n; i++) {
      high = Math.min(high, v[i]);
    }
    return low + (high - low) * (at - k);
  });
}
