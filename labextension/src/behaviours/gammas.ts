/**
 * Ratios of binomials and of Beta functions without cancellation: the twin of `testtime/gammas.py`.
 *
 * Differences of log-gammas lose ten digits at a million samples; Stirling's series, with its large parts
 * cancelled on paper, keeps them.
 */

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Where four terms of Stirling's series have all digits of a double. */
const SERIES_FROM = 16;

function series(x: number): number {
  const inverse = 1 / x;
  const square = inverse * inverse;
  return (((-square / 1680 + 1 / 1260) * square - 1 / 360) * square + 1 / 12) * inverse;
}

/** ln Γ(x) for x above zero. */
export function logGamma(x: number): number {
  let product = 1;
  let at = x;
  while (at < SERIES_FROM) {
    product *= at;
    at += 1;
  }
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TWO_PI + series(at) - Math.log(product);
}

/** `ln Γ(x) - (x - 1/2) ln x + x - ln(2π)/2`. */
export function stirlingRest(x: number): number {
  return x >= SERIES_FROM ? series(x) : logGamma(x) - ((x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI);
}

/** `ln(left / top)` with `left = top - taken`, whichever of the two is small. */
function logLeft(left: number, taken: number, top: number): number {
  return taken / top > 0.5 ? Math.log(left / top) : Math.log1p(-taken / top);
}

/** `ln Γ(one) + ln Γ(two) - ln Γ(rest) - ln Γ(top)`, where rest + a = two and two + b = top. */
function cross(rest: number, one: number, two: number, top: number, a: number, b: number): number {
  if (a <= 0 || b <= 0) {
    return 0;
  }
  const share = (a / two) * (b / one);
  const bend = share > 0.5 ? Math.log((rest / two) * (top / one)) : Math.log1p(-share);
  const falls = b * logLeft(one, a, top) + a * logLeft(two, b, top) - (rest - 0.5) * bend;
  return Math.min(falls + stirlingRest(one) + stirlingRest(two) - stirlingRest(top) - stirlingRest(rest), 0);
}

/** `ln[C(n-c, k) / C(n, k)]`: k samples drawn from n without replacement all miss the c successes. */
export function logMiss(n: number, c: number, k: number): number {
  return n - c - k < 0 ? -Infinity : cross(n - c - k + 1, n - c + 1, n - k + 1, n + 1, c, k);
}

/** `ln[B(a, b + k) / B(a, b)]`: log of the mean of `(1-p)**k` for p ~ Beta(a, b). */
export function logBetaRatio(b: number, a: number, k: number): number {
  return cross(b, b + k, b + a, b + a + k, a, k);
}

export interface Nodes {
  p: Float64Array;
  rest: Float64Array;
  weight: Float64Array;
}

let nodes: Nodes | null = null;

/** Nodes on (0, 1), their distances from 1, and weights of the double-exponential rule. */
export function tanhSinh(): Nodes {
  if (nodes === null) {
    const step = 1 / 32;
    const kept: [number, number, number][] = [];
    const count = Math.ceil((5.6 + step / 2 + 5.6) / step);
    for (let i = 0; i < count; i++) {
      const t = -5.6 + i * step;
      const lift = (Math.PI / 2) * Math.sinh(t);
      const low = 1 / (1 + Math.exp(-2 * lift));
      const high = 1 / (1 + Math.exp(2 * lift));
      const weight = step * Math.PI * Math.cosh(t) * low * high;
      if (weight > 0 && low > 0 && high > 0) {
        kept.push([low, high, weight]);
      }
    }
    const part = (j: 0 | 1 | 2) => Float64Array.from(kept, one => one[j]);
    nodes = { p: part(0), rest: part(1), weight: part(2) };
  }
  return nodes;
}
