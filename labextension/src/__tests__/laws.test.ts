import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LawRows, type LawRow, type RowOptions } from '../behaviours/law-rows.js';

const FIRST = { loss: 2.0735, low: 2.05, high: 2.097 };
const INPUTS = { N: 'params' as const, D: 'tokens' as const };

function law(name: string, E: number, extra: Partial<LawRow> = {}): LawRow {
  return {
    name,
    title: name,
    short: name,
    refuted: false,
    fitted: true,
    formula: 'E + A / N**0.5',
    inputs: INPUTS,
    coefficients: ['E', 'A'],
    fit: { E, A: 0 },
    array: `law.${name}`,
    ...extra
  };
}

function rows(laws: LawRow[]): LawRows {
  const options: RowOptions = { flopsPerParamToken: 6, level: 0.5, bottom: -0.65, agree: 0.05, laws };
  const arrays = Object.fromEntries(
    laws.flatMap(({ name, fit }) => [
      [`law.${name}.E`, Float64Array.of(0, 1, 2, 3, 4).map(v => (fit?.E ?? 0) + v / 100)],
      [`law.${name}.A`, new Float64Array(5)]
    ])
  );
  return new LawRows(options, arrays);
}

test('each law answers at the target with its own resamples', () => {
  const made = rows([law('one', 2), law('two', 2.1, { fit: { E: 2.1, A: 1e4 } })]);
  const [first, second] = made.answers(1e8, 1e10, FIRST);
  assert.deepEqual(first, FIRST, 'the law on screen says what the sentence says');
  assert.ok(Math.abs(second!.loss - 3.1) < 1e-12);
  assert.ok(Math.abs(second!.low - 2.11) < 1e-12 && Math.abs(second!.high - 2.13) < 1e-12, 'quartiles of the draws');
});

test('the finding is that of the kernel, word for word', () => {
  const laws = ['Chinchilla', 'Tied exponents', 'Coupled'].map(name => law(name, 2));
  const made = rows([...laws, law('Kaplan', 2, { refuted: true })]);
  const losses = [2.073541, 2.070158, 2.05784, 1.979666];
  assert.equal(made.caption(losses), 'Three agree within 0.8 %. Kaplan misses the blind runs');
});

test('laws that are far apart differ, and one that has no fit says nothing', () => {
  const made = rows([law('a', 2), law('b', 2), law('c', 2, { fitted: false })]);
  assert.equal(made.caption([2, 2.4, null]), 'Two differ by 18 %');
  assert.equal(made.answers(1e9, 1e10, FIRST)[2], null);
  assert.equal(rows([law('a', 2), law('b', 2, { refuted: true })]).caption([2, 3]), 'No other law stands beside it. b misses the blind runs');
});

test('rows keep their places and every mark is on the axis', () => {
  const made = rows([law('a', 2), law('b', 2.5, { refuted: true }), law('c', 1.5)]);
  const { columns, x } = made.columns(7e9, 1.4e12, made.answers(7e9, 1.4e12, FIRST));
  assert.deepEqual(columns['laws-answer'].y, [2]);
  assert.deepEqual(columns['laws-refuted'].y, [1]);
  assert.deepEqual(columns['laws-plain'].y, [0]);
  assert.deepEqual(columns['laws-axis'].text, ['Loss at 7.0 B on 1.4 T tokens']);
  for (const name of ['laws-answer', 'laws-plain', 'laws-refuted']) {
    for (const end of ['x', 'low', 'high']) {
      assert.ok(columns[name][end].every(v => Number(v) > x[0] && Number(v) < x[1]), `${name} ${end}`);
    }
  }
});
