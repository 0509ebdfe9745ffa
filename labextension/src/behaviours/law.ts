/** A law as behaviours use it: the formula's text compiled once, read as a curve over compute. */

import { compileFormula } from '../formula/index.js';
import type { Store } from '../pane/store.js';
import { quantiles } from './numbers.js';

export type Quantity = 'params' | 'tokens' | 'flops';
export type Coefficients = Record<string, number | Float64Array>;

export interface LawOptions {
  formula: string;
  /** Input symbol -> which quantity of a run stands behind it. */
  inputs: Record<string, Quantity>;
  coefficients: string[];
  flopsPerParamToken: number;
}

export interface Band {
  low: Float64Array;
  high: Float64Array;
  runLow: Float64Array;
  runHigh: Float64Array;
}

export class LawCurve {
  private readonly evaluate: (env: Record<string, number | Float64Array>) => number | Float64Array;

  constructor(private readonly options: LawOptions) {
    this.evaluate = compileFormula(options.formula);
  }

  /** The law at given quantities; numbers and arrays of one length mix. */
  value(
    quantities: Record<Quantity, number | Float64Array>,
    coefficients: Coefficients
  ): number | Float64Array {
    const env: Record<string, number | Float64Array> = { ...coefficients };
    for (const [symbol, quantity] of Object.entries(this.options.inputs)) {
      env[symbol] = quantities[quantity];
    }
    return this.evaluate(env);
  }

  /** The curve of one model size over compute. */
  curve(params: number, flops: Float64Array, coefficients: Coefficients): Float64Array {
    const tokens = flops.map(c => c / (this.options.flopsPerParamToken * params));
    const y = this.value({ params, tokens, flops }, coefficients);
    return typeof y === 'number' ? new Float64Array(flops.length).fill(y) : y;
  }

  at(params: number, flops: number, coefficients: Coefficients): number {
    return this.curve(params, Float64Array.of(flops), coefficients)[0];
  }

  /** Intervals over resampled coefficients, and with a residual on each for a single run. */
  band(
    params: number,
    flops: Float64Array,
    draws: Record<string, Float64Array>,
    noise: Float64Array,
    level: number
  ): Band {
    const n = flops.length;
    const out = {
      low: new Float64Array(n),
      high: new Float64Array(n),
      runLow: new Float64Array(n),
      runHigh: new Float64Array(n)
    };
    const edges = [(1 - level) / 2, (1 + level) / 2];
    const factor = noise.map(Math.exp);
    const single = new Float64Array(noise.length);
    for (let i = 0; i < n; i++) {
      const c = flops[i];
      const tokens = c / (this.options.flopsPerParamToken * params);
      const y = this.value({ params, tokens, flops: c }, draws);
      const values = typeof y === 'number' ? new Float64Array(noise.length).fill(y) : y;
      [out.low[i], out.high[i]] = quantiles(values, edges);
      for (let r = 0; r < single.length; r++) {
        single[r] = values[r] * factor[r];
      }
      [out.runLow[i], out.runHigh[i]] = quantiles(single, edges);
    }
    return out;
  }
}

/** The coefficients as the sliders hold them. */
export function heldCoefficients(store: Store, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map(name => [name, store.number(`coef.${name}`)]));
}

/** Whether a person has moved a coefficient away from the fit. */
export function movedByHand(held: Record<string, number>, fit: Record<string, number>): boolean {
  return Object.keys(fit).some(name => Math.abs(held[name] - fit[name]) > 1e-9 * Math.abs(fit[name]));
}
