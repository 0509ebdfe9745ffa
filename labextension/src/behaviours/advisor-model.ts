/** Everything on the advisor's screen that follows its controls, computed without a page: tested in node. */

import type { Values } from '../pane/store.js';
import {
  batchMarks,
  candidateColumn,
  designRows,
  pinnedRows,
  shadeLabels,
  shades,
  share,
  type AdvisorColumnOptions,
  type Columns,
  type Shades
} from './advisor-columns.js';
import { between, Known, Sensitivity, type KnownOptions } from './advisor-information.js';
import {
  advisorValues,
  isOwn,
  priceOf,
  seen,
  type AdvisorHeld,
  type AdvisorSeen,
  type Designs,
  type Kind,
  type Row
} from './advisor-numbers.js';
import { geomspace } from './numbers.js';

export interface AdvisorOptions extends KnownOptions, AdvisorColumnOptions {
  /** First and last budget at which the answers are known, and how many there are. */
  budgets: [number, number, number];
  /** How many designs there are of each kind, and of how many runs. */
  drawn: Record<string, [number, number]>;
  /** Candidates come from a table: only they can be chosen. */
  snap: boolean;
  searched: { answer: string; flops: number; setup: number; spend: number };
  check: Record<string, Row> | null;
  simulated: boolean;
  /** What the axis of each answer says. */
  titles: Record<string, string>;
}

/** What one run alone takes off: candidates, and the whole map. */
interface Ground {
  key: string;
  alone: Float64Array;
  shades: Shades;
}

interface Columned {
  x: Float64Array;
  y: Float64Array;
}

/** Pairs one after another as two columns. */
function columnsOf(pairs: Float64Array): Columned {
  const size = pairs.length / 2;
  return {
    x: Float64Array.from({ length: size }, (_, i) => pairs[2 * i]),
    y: Float64Array.from({ length: size }, (_, i) => pairs[2 * i + 1])
  };
}

/** What the controls come to. */
export class AdvisorModel {
  readonly candidates: Columned;
  private readonly first: Known;
  private readonly law: Sensitivity;
  /** Dots and squares of the map, as shares of it. */
  private readonly marks: [number, number][];
  private readonly lines: Float64Array;
  private readonly own: Float64Array;
  private readonly grid: Float64Array;
  private readonly designs = new Map<string, Designs>();
  private drawn: Ground | null = null;

  constructor(
    readonly options: AdvisorOptions,
    private readonly arrays: Readonly<Record<string, Float64Array>>
  ) {
    this.law = new Sensitivity(options);
    this.first = new Known(arrays.inverse, options.scatter);
    const all = columnsOf(arrays.candidates);
    this.candidates = { x: arrays.offered.map(k => all.x[k]), y: arrays.offered.map(k => all.y[k]) };
    const done = columnsOf(arrays.done);
    const marks = (runs: Columned) =>
      Array.from(runs.x, (x, i): [number, number] => [share(x, options.params), share(runs.y[i], options.tokens)]);
    this.marks = [...marks(this.candidates), ...marks(done)];
    this.lines = this.law.of(all.x, all.y);
    this.own = this.law.of(this.candidates.x, this.candidates.y);
    const [columns, rows] = options.grid;
    const [x, y] = [geomspace(...options.params, columns), geomspace(...options.tokens, rows)];
    const size = columns * rows;
    this.grid = this.law.of(
      Float64Array.from({ length: size }, (_, i) => x[i % columns]),
      Float64Array.from({ length: size }, (_, i) => y[Math.floor(i / columns)])
    );
    const q = options.names.length;
    for (const [name, [count, runs]] of Object.entries(options.drawn)) {
      const places = arrays[`drawn.${name}`];
      this.designs.set(
        name,
        Array.from({ length: count }, (_, i) =>
          Array.from({ length: runs }, (_, k) => {
            const at = places[i * runs + k];
            return this.lines.subarray(at * q, (at + 1) * q);
          })
        )
      );
    }
  }

  see(held: AdvisorHeld): { found: AdvisorSeen; values: Values; columns: Columns } {
    const { options } = this;
    const known = this.first.withScatter(held.scatter);
    const answer = between(options.budgets, this.arrays[`answer.${held.answer}`], held.flops);
    const found = seen(known, answer, this.linesOf(held.batch), this.linesOf(options.advised), this.designs, options.z, held.answer);
    if (options.check && this.isSearched(held) && !isOwn(held.batch, options.advised)) {
      for (const [name, row] of Object.entries(options.check)) {
        found.rows.set(name === 'batch' ? 'trained' : name, row);
      }
    }
    const ground = this.ground(held.answer, held.flops, answer.subarray(1));
    return {
      found,
      values: advisorValues(found, held, options),
      columns: {
        ...ground.shades.columns,
        ...shadeLabels(ground.shades.levels, held.batch, this.marks, options),
        candidates: candidateColumn(this.candidates, ground.alone, held.setup, options.perDollars),
        ...batchMarks(held, options, this.marks),
        ...designRows(found, held, options),
        ...pinnedRows(found, options),
        'money-answer': { x: [priceOf(held, options.perDollars)], y: [1 - found.narrower] }
      }
    };
  }

  isSearched({ answer, flops, setup, spend }: AdvisorHeld): boolean {
    const { searched } = this.options;
    const same = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.abs(b);
    return (
      answer === searched.answer &&
      same(flops, searched.flops) &&
      same(setup, searched.setup) &&
      same(spend, searched.spend)
    );
  }

  /** The nearest candidate that no other run of the batch is; the place itself where any run can be made. */
  place(params: number, tokens: number, taken: readonly [number, number][]): [number, number] {
    if (!this.options.snap) {
      const inside = (v: number, [low, high]: [number, number]) => Number(Math.min(high, Math.max(low, v)).toPrecision(3));
      return [inside(params, this.options.params), inside(tokens, this.options.tokens)];
    }
    return this.nearest(taken, ([x, y]) => Math.log(x / params) ** 2 + Math.log(y / tokens) ** 2) ?? [params, tokens];
  }

  /** The candidate that an arrow key leads to from here. */
  step(from: [number, number], right: number, up: number, taken: readonly [number, number][]): [number, number] {
    if (!this.options.snap) {
      return this.place(from[0] * 1.05 ** right, from[1] * 1.05 ** up, taken);
    }
    const found = this.nearest(taken, ([x, y]) => {
      const [dx, dy] = [Math.log(x / from[0]), Math.log(y / from[1])];
      const along = dx * right + dy * up;
      const across = dx * up - dy * right;
      return along > 1e-9 && along >= Math.abs(across) ? along ** 2 + across ** 2 : Infinity;
    });
    return found ?? from;
  }

  private nearest(
    taken: readonly [number, number][],
    distance: (run: [number, number]) => number
  ): [number, number] | null {
    let best: [number, number] | null = null;
    let least = Infinity;
    this.candidates.x.forEach((x, i) => {
      const run: [number, number] = [x, this.candidates.y[i]];
      const far = distance(run);
      if (far < least && !taken.some(other => other[0] === run[0] && other[1] === run[1])) {
        least = far;
        best = run;
      }
    });
    return best;
  }

  private linesOf(batch: readonly [number, number][]): Float64Array[] {
    const q = this.options.names.length;
    const all = this.law.of(
      Float64Array.from(batch, run => run[0]),
      Float64Array.from(batch, run => run[1])
    );
    return batch.map((_, k) => all.subarray(k * q, (k + 1) * q));
  }

  /** What one run alone takes off depends on the question only. */
  private ground(answer: Kind, flops: number, slope: Float64Array): Ground {
    const key = `${answer} ${flops}`;
    if (this.drawn?.key !== key) {
      const alone = this.first.narrowing(this.own, slope);
      this.drawn = { key, alone, shades: shades(this.first.narrowing(this.grid, slope), this.options) };
    }
    return this.drawn;
  }
}
