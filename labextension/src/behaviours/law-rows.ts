/** What other laws say at a target, as columns and one sentence: the twin of `figures/lawfitter/others.py`. */

import { formatQuantity } from '../frame/format.js';
import { LawCurve, type LawOptions } from './law.js';
import { quantiles } from './numbers.js';

export interface LawRow extends Partial<LawOptions> {
  name: string;
  title: string;
  /** The name in a row. */
  short: string;
  /** The blind runs speak against it. */
  refuted: boolean;
  fitted: boolean;
  fit?: Record<string, number>;
  /** Where its resamples are: `${array}.${coefficient}`. */
  array: string;
}

export interface RowOptions {
  flopsPerParamToken: number;
  level: number;
  bottom: number;
  /** Spread up to which laws are said to agree. */
  agree: number;
  laws: LawRow[];
}

export interface Said {
  loss: number;
  low: number;
  high: number;
}

type Columns = Record<string, Record<string, (number | string)[]>>;

const COUNTS = ['No law', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];

export class LawRows {
  private readonly curves: (LawCurve | null)[];
  private readonly draws: Record<string, Float64Array>[];

  constructor(
    private readonly options: RowOptions,
    arrays: Readonly<Record<string, Float64Array>>
  ) {
    this.curves = options.laws.map(law =>
      law.fitted ? new LawCurve({ ...(law as LawOptions), flopsPerParamToken: options.flopsPerParamToken }) : null
    );
    this.draws = options.laws.map(law =>
      Object.fromEntries((law.coefficients ?? []).map(name => [name, arrays[`${law.array}.${name}`]]))
    );
  }

  /** Answer of each law but the first, which stands on screen already; null where there is no fit. */
  answers(params: number, tokens: number, first: Said): (Said | null)[] {
    const flops = this.options.flopsPerParamToken * params * tokens;
    const edges = [(1 - this.options.level) / 2, (1 + this.options.level) / 2];
    return this.options.laws.map((law, i) => {
      const curve = this.curves[i];
      if (i === 0 || curve === null) {
        return i === 0 ? first : null;
      }
      const values = curve.value({ params, tokens, flops }, this.draws[i]);
      const loss = curve.at(params, flops, law.fit!);
      const [low, high] = typeof values === 'number' ? [values, values] : quantiles(values, edges);
      return { loss, low, high };
    });
  }

  /** The curve of one law over compute, for the rival in the inset. */
  curve(i: number, params: number, flops: Float64Array): Float64Array {
    return this.curves[i]!.curve(params, flops, this.options.laws[i].fit!);
  }

  /** The finding in one line, by the losses of the fits. */
  caption(losses: readonly (number | null)[]): string {
    const { laws, agree } = this.options;
    const sound = losses.filter((loss, i): loss is number => loss !== null && !laws[i].refuted);
    const out = laws.filter(law => law.fitted && law.refuted).map(law => law.short);
    let said = '';
    if (sound.length > 1) {
      const mean = sound.reduce((sum, loss) => sum + loss, 0) / sound.length;
      const spread = (Math.max(...sound) - Math.min(...sound)) / mean;
      const verb = spread <= agree ? 'agree within' : 'differ by';
      said = `${COUNTS[sound.length] ?? sound.length} ${verb} ${formatQuantity(spread, 'percent', 1)}`;
    } else if (laws.length > 1) {
      said = 'No other law stands beside it';
    }
    if (out.length > 0) {
      said += `. ${out.join(' and ')} ${out.length === 1 ? 'misses' : 'miss'} the blind runs`;
    }
    return said;
  }

  /** Columns of the figure's sources that move with the target, and the range of losses. */
  columns(params: number, tokens: number, answers: readonly (Said | null)[]): { columns: Columns; x: [number, number] } {
    const { laws, bottom } = this.options;
    const known = answers.filter((answer): answer is Said => answer !== null);
    const low = Math.min(...known.map(a => Math.min(a.low, a.loss)));
    const high = Math.max(...known.map(a => Math.max(a.high, a.loss)));
    const pad = 0.08 * Math.max(high - low, 1e-3);
    const x: [number, number] = [low - pad, high + pad];
    const columns: Columns = {};
    for (const name of ['laws-answer', 'laws-plain', 'laws-refuted']) {
      columns[name] = { x: [], low: [], high: [], y: [] };
    }
    answers.forEach((answer, i) => {
      if (answer !== null) {
        const into = columns[i === 0 ? 'laws-answer' : laws[i].refuted ? 'laws-refuted' : 'laws-plain'];
        into.x.push(answer.loss);
        into.low.push(answer.low);
        into.high.push(answer.high);
        into.y.push(laws.length - 1 - i);
      }
    });
    const at = `Loss at ${formatQuantity(params, 'params')} on ${formatQuantity(tokens, 'tokens')} tokens`;
    columns['laws-axis'] = { x: [x[1]], y: [bottom], text: [at] };
    return { columns, x };
  }
}

/** Sources whose rows stay and only stand at the ends of the axis. */
export const AT_THE_ENDS: Readonly<Record<string, 0 | 1>> = {
  'laws-title-answer': 0,
  'laws-titles': 0,
  'laws-errors': 1,
  'laws-errors-refuted': 1,
  'laws-head': 1
};
