/** `law-residuals`: residuals and the objective follow coefficients that are moved by hand. */

import type { Behaviour, Context } from './index.js';
import { Following } from './frames.js';
import { LawCurve, heldCoefficients, type LawOptions } from './law.js';
import { objectiveValue, type Objective } from './objective.js';

export interface ResidualOptions extends LawOptions {
  fit: Record<string, number>;
  objective: Objective;
}

function column(data: Record<string, ArrayLike<number>>, name: string): Float64Array {
  return Float64Array.from(data[name]);
}

export function startLawResiduals(first: ResidualOptions, { store, view }: Context): Behaviour {
  let options = first;
  let law = new LawCurve(options);
  let best = NaN;

  function fitted(data: Record<string, ArrayLike<number>>, held: Record<string, number>): Float64Array {
    const quantities = {
      params: column(data, 'params'),
      tokens: column(data, 'tokens'),
      flops: column(data, 'flops')
    };
    const y = law.value(quantities, held);
    return typeof y === 'number' ? new Float64Array(quantities.params.length).fill(y) : y;
  }

  function update(): void {
    const source = view.byName('runs');
    const held = heldCoefficients(store, options.coefficients);
    if (!source || Object.values(held).some(v => !Number.isFinite(v))) {
      return;
    }
    const loss = column(source.data, 'loss');
    if (Number.isNaN(best)) {
      best = objectiveValue(options.objective, loss, fitted(source.data, options.fit));
    }
    const values = fitted(source.data, held);
    view.local(() => {
      for (const runs of [source, view.byName('blind')]) {
        if (runs && runs.data.params) {
          const y = runs === source ? values : fitted(runs.data, held);
          const residual = column(runs.data, 'loss').map((l, i) => 100 * (l / y[i] - 1));
          runs.data = { ...runs.data, fitted: y, residual };
        }
      }
    });
    const sorted = loss.map((l, i) => Math.abs(Math.log(l / values[i]))).sort();
    const half = sorted.length >> 1;
    const median = sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    store.set(
      {
        'answer.objective_ratio': objectiveValue(options.objective, loss, values) / best,
        'miss.median': median
      },
      'behaviour'
    );
  }

  const frame = new Following(store, /^coef\./, update);
  return {
    renew(fresh) {
      // The residuals of a fit come with its runs.
      options = fresh as unknown as ResidualOptions;
      law = new LawCurve(options);
      best = NaN;
      frame.cancel();
    },
    dispose() {
      frame.stop();
    }
  };
}
