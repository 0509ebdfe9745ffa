/**
 * Where a falling function crosses zero, over a place that moves on: a search that is asked for thousands of places
 * in one frame, each next to the one before, and that starts where those before lead to.
 */

/** A step shorter than this, in logarithms, from a height below the next is the last: it leads nearer by orders. */
const SHORT = 1e-8;
const LOW = 1e-6;
/** A bracket narrower than this is a place. */
const NARROW = 1e-11;
/** Two points must be so far apart for the line through them to say how the height falls, not how it is rounded. */
const APART = 1e-7;
/** Steps after which every third cuts the bracket in half, so that a jump or a kink cannot hold the search up. */
const PATIENCE = 6;
const MOST = 200;
/** Places further apart, in logarithms, say nothing of each other. */
const FAR = 3;

export class Course {
  private place = NaN;
  private found = NaN;

  /** `slope`: how the crossing moves with the place, and `fall`: how steeply heights fall, until finds tell. */
  constructor(
    private slope: number,
    private fall: number
  ) {}

  /**
   * The crossing between `low` and `high` at a place; an end where the height does not cross zero between them.
   *
   * Steps follow the line through the last two points, and halve the bracket where that leads out of it. `usual` is the
   * guess where nothing was found nearby. A height that is no number counts as below zero.
   */
  at(place: number, usual: number, low: number, high: number, height: (at: number) => number): number {
    const step = place - this.place;
    const near = Math.abs(step) < FAR;
    const guess = near ? this.found + this.slope * step : usual;
    const found = this.cross(guess, low, high, height);
    if (near && Math.abs(step) > APART) {
      this.slope = (found - this.found) / step;
    }
    this.place = place;
    this.found = found;
    return found;
  }

  private cross(guess: number, low: number, high: number, height: (at: number) => number): number {
    let at = guess > low && guess < high ? guess : (low + high) / 2;
    let before = NaN;
    let above = NaN;
    for (let i = 1; i <= MOST && high - low > NARROW; i++) {
      const here = height(at);
      if (here > 0) {
        low = at;
      } else {
        high = at;
      }
      const seen = (above - here) / (at - before);
      if (seen > 0 && Number.isFinite(seen) && Math.abs(at - before) > APART) {
        this.fall = seen;
      }
      const next = at + here / this.fall;
      // At a jump steps are short and heights are not.
      if (Math.abs(next - at) < SHORT && Math.abs(here) < LOW) {
        return next;
      }
      before = at;
      above = here;
      at = next > low && next < high && (i < PATIENCE || i % 3 !== 0) ? next : (low + high) / 2;
    }
    return (low + high) / 2;
  }
}
