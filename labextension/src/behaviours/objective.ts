/** The objectives of the fit, as the kernel's solver sees them: sums over runs, on log residuals unless said. */

export interface Objective {
  name: string;
  /** Where a Huber penalty turns straight. */
  delta?: number | null;
  /** Factors on runs above the fit and below it. */
  up?: number;
  down?: number;
  /** Degrees of freedom of Student's t. */
  nu?: number | null;
}

/**
 * The objective at these fitted losses; NaN for an objective that is not known here.
 *
 * Likelihoods with a free scale come as what grows like a sum of squares, so that a ratio of two means something.
 */
export function objectiveValue(
  { name, delta, up = 1, down = 1, nu }: Objective,
  loss: ArrayLike<number>,
  fitted: ArrayLike<number>
): number {
  const turn = delta ?? 0;
  const penalties: Record<string, (size: number) => number> = {
    huber_log: size => (size <= turn ? 0.5 * size * size : turn * (size - 0.5 * turn)),
    squared_log: size => 0.5 * size * size,
    absolute_log: size => size
  };
  const penalty = {
    ...penalties,
    squared_raw: penalties.squared_log,
    gaussian_log: penalties.squared_log,
    quantile: penalties.absolute_log,
    asymmetric: penalties.huber_log
  }[name];
  if (name === 'student_t') {
    return studentValue(loss, fitted, nu ?? 4);
  }
  if (penalty === undefined) {
    return NaN;
  }
  let sum = 0;
  for (let i = 0; i < loss.length; i++) {
    const r = name === 'squared_raw' ? loss[i] - fitted[i] : Math.log(loss[i]) - Math.log(fitted[i]);
    sum += (r < 0 ? down : up) * penalty(Math.abs(r));
  }
  return sum;
}

/** `n exp(2 nll / n)` of Student's t, the scale solved for: for many degrees of freedom the sum of squares. */
function studentValue(loss: ArrayLike<number>, fitted: ArrayLike<number>, nu: number): number {
  const n = loss.length;
  const squares = Float64Array.from({ length: n }, (_, i) => (Math.log(loss[i]) - Math.log(fitted[i])) ** 2);
  let log2 = Math.log(Math.max(squares.reduce((a, b) => a + b, 0) / n, 1e-200));
  for (let turn = 0; turn < 100; turn++) {
    const wide = nu * Math.exp(log2);
    let over = -n;
    let pull = 0;
    for (const square of squares) {
      const share = square / (wide + square);
      over += (nu + 1) * share;
      pull += (nu + 1) * share * (1 - share);
    }
    const step = Math.min(2, Math.max(-2, over / Math.max(pull, 1e-200)));
    log2 += step;
    if (Math.abs(step) < 1e-14 * (1 + Math.abs(log2))) {
      break;
    }
  }
  const wide = nu * Math.exp(log2);
  const each = squares.reduce((sum, square) => sum + (nu + 1) * Math.log1p(square / wide), 0);
  return n * Math.exp(each / n + log2);
}
