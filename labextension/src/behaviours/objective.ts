/** The objectives of the fit, as the kernel defines them: sums over runs, on log residuals unless said. */

export type ObjectiveName = 'huber_log' | 'squared_log' | 'squared_raw' | 'absolute_log';

/** The objective at these fitted losses; NaN for an objective that is not known here. */
export function objectiveValue(
  name: string,
  loss: ArrayLike<number>,
  fitted: ArrayLike<number>,
  delta: number
): number {
  let sum = 0;
  for (let i = 0; i < loss.length; i++) {
    const r = name === 'squared_raw' ? loss[i] - fitted[i] : Math.log(loss[i]) - Math.log(fitted[i]);
    const size = Math.abs(r);
    switch (name) {
      case 'huber_log':
        sum += size <= delta ? 0.5 * r * r : delta * (size - 0.5 * delta);
        break;
      case 'squared_log':
      case 'squared_raw':
        sum += 0.5 * r * r;
        break;
      case 'absolute_log':
        sum += size;
        break;
      default:
        return NaN;
    }
  }
  return sum;
}
