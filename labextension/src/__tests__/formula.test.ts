/** A formula in the browser is the formula in Python: the same text is read, refused and evaluated alike. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  compileFormula,
  FormulaError,
  names,
  parseFormula,
  plainText,
  typeset,
  typesetLabel,
  type Node
} from '../formula/index.js';

interface Long {
  repeat: string;
  times: number;
  end: string;
}

interface Cases {
  accepted: { formula: string; reads: string }[];
  accepted_long: Long[];
  refused: { formula: string; says: string }[];
  refused_long: (Long & { says: string })[];
}

const file = new URL('../../../tests/laws/formula_cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Cases;
const CHINCHILLA = 'E + A / N**alpha + B / D**beta';

/** A tree with all its parentheses, numbers as Python prints floats. */
function shown(node: Node): string {
  switch (node.kind) {
    case 'number':
      return Number.isInteger(node.value) && node.value < 1e16 ? `${node.value}.0` : String(node.value);
    case 'name':
      return node.name;
    case 'unary':
      return `(${node.op}${shown(node.operand)})`;
    case 'binary':
      return `(${shown(node.left)} ${node.op} ${shown(node.right)})`;
    case 'call':
      return `${node.function}(${node.arguments.map(shown).join(', ')})`;
  }
}

const long = ({ repeat, times, end }: Long) => repeat.repeat(times) + end;

test('a formula is read as in Python', () => {
  assert.ok(cases.accepted.length > 30);
  for (const { formula, reads } of cases.accepted) {
    assert.equal(shown(parseFormula(formula)), reads);
  }
  for (const item of cases.accepted_long) {
    assert.doesNotThrow(() => parseFormula(long(item)));
  }
});

test('what is not arithmetic is refused with the sentence that Python says', () => {
  assert.ok(cases.refused.length > 100);
  for (const { formula, says } of cases.refused) {
    assert.throws(() => parseFormula(formula), { name: 'FormulaError', message: says }, formula);
  }
});

// What never ends fails; how long it takes is no test.
test('a formula built to exhaust the parser is refused', { timeout: 60_000 }, () => {
  for (const item of cases.refused_long) {
    assert.throws(() => parseFormula(long(item)), { name: 'FormulaError', message: item.says });
  }
});

test('a refusal says where', () => {
  assert.throws(
    () => parseFormula('E + A^2'),
    (error: FormulaError) => error.position === 5 && error.remedy === 'Write ** for a power.'
  );
});

test('numbers give a number, arrays give an array, and both mix', () => {
  const law = compileFormula(CHINCHILLA);
  const fit = { E: 1.8172, A: 482.01, B: 2085.43, alpha: 0.3478, beta: 0.3658 };
  const loss = law({ ...fit, N: 70e9, D: 1.4e12 });
  assert.equal(typeof loss, 'number');
  assert.ok(Math.abs((loss as number) / 1.97388186316 - 1) < 1e-11);
  const many = law({ ...fit, N: Float64Array.of(70e9, 7e9), D: 1.4e12 }) as Float64Array;
  assert.equal(many.length, 2);
  assert.ok(Math.abs(many[0] / (loss as number) - 1) < 1e-14);
});

test('the arrays of the caller are never written to', () => {
  const env = { a: Float64Array.of(1, 2, 3), b: Float64Array.of(4, 5, 6) };
  for (const formula of ['a', '+a', '-a', 'a + b', 'a*b + a/b - a**b', 'min(a, b)', 'exp(a) + a', '(a)']) {
    const out = compileFormula(formula)(env);
    assert.deepEqual([...env.a, ...env.b], [1, 2, 3, 4, 5, 6], formula);
    assert.notEqual(out, env.a, formula);
  }
});

test('one evaluator can be called again and again: results do not share memory', () => {
  const run = compileFormula('2*a + 1');
  const first = run({ a: Float64Array.of(1, 2) }) as Float64Array;
  const second = run({ a: Float64Array.of(3, 4) }) as Float64Array;
  assert.deepEqual([...first, ...second], [3, 5, 7, 9]);
});

test('powers are those of C at their edges', () => {
  const power = compileFormula('a**b');
  const bases = [0, -0, 1, -1, 2, -2, 0.5, Infinity, -Infinity, NaN];
  const exponents = [0, 1, -1, 2, -2, 0.5, -0.5, 3, Infinity, -Infinity, NaN];
  for (const a of bases) {
    const expected = exponents.map(b => power({ a, b }) as number);
    const forms = [
      power({ a, b: Float64Array.from(exponents) }) as Float64Array,
      Float64Array.from(exponents, b => (power({ a: Float64Array.of(a), b }) as Float64Array)[0]),
      power({ a: new Float64Array(exponents.length).fill(a), b: Float64Array.from(exponents) }) as Float64Array
    ];
    for (const form of forms) {
      form.forEach((value, i) => {
        const same = Object.is(value + 0, expected[i] + 0) || Math.abs(value / expected[i] - 1) < 1e-15;
        assert.ok(same, `${a} ** ${exponents[i]} is ${value}, not ${expected[i]}`);
      });
    }
  }
  assert.equal(power({ a: 1, b: NaN }), 1);
});

test('a missing symbol, one of the object prototype, or a wrong length is named', () => {
  assert.throws(() => compileFormula('a + b')({ a: 1 }), { message: 'The symbol b is missing.' });
  assert.throws(() => compileFormula('constructor + 1')({}), { message: 'The symbol constructor is missing.' });
  assert.throws(() => compileFormula('a')({ a: 'x' as unknown as number }), /not numbers/);
  assert.throws(
    () => compileFormula('a*b')({ a: new Float64Array(2), b: new Float64Array(3) }),
    { message: 'Arrays of 2 and 3 values do not go together.' }
  );
});

test('64,000 evaluations at once are those of one at a time', () => {
  const n = 64_000;
  const some = (low: number, high: number) => Float64Array.from({ length: n }, () => low + Math.random() * (high - low));
  const law = compileFormula(CHINCHILLA);
  const env = {
    E: some(1.7, 1.9),
    A: some(300, 700),
    B: some(1e3, 5e3),
    alpha: some(0.3, 0.4),
    beta: some(0.3, 0.4),
    N: some(1e7, 1e11),
    D: some(1e9, 1e13)
  };
  const all = law(env) as Float64Array;
  assert.equal(all.length, n);
  for (let i = 0; i < n; i += 997) {
    const one = Object.fromEntries(Object.entries(env).map(([name, values]) => [name, values[i]]));
    const alone = law(one) as number;
    assert.ok(Math.abs(all[i] / alone - 1) < 1e-14, `${all[i]}, alone ${alone}`);
  }
});

test('names come in the order in which they are written', () => {
  assert.deepEqual(names(parseFormula(CHINCHILLA)), ['E', 'A', 'N', 'alpha', 'B', 'D', 'beta']);
});

test('a formula is typeset in its author\'s order, with letters for names', () => {
  const labels = { alpha: 'α', beta: 'β', alpha_N: 'α_N', alpha_D: 'α_D' };
  assert.deepEqual(typeset(parseFormula('E + A / N**alpha'), labels), [
    { kind: 'variable', text: 'E' },
    ' + ',
    { kind: 'variable', text: 'A' },
    '/',
    { kind: 'variable', text: 'N' },
    { kind: 'sup', pieces: [{ kind: 'variable', text: 'α' }] }
  ]);
  const plain = (text: string) => plainText(typeset(parseFormula(text), labels));
  assert.equal(plain(CHINCHILLA), 'E + A/N^α + B/D^β');
  assert.equal(
    plain('((N_c / N)**(alpha_N / alpha_D) + D_c / D)**alpha_D'),
    '((N_c/N)^(α_N/α_D) + D_c/D)^α_D'
  );
  assert.equal(plain('a - (b - c)'), 'a − (b − c)');
  assert.equal(plain('a / (b * c)'), 'a/(b·c)');
  assert.equal(plain('(-a)**2'), '(−a)^2');
  assert.equal(plain('-a**2'), '−a^2');
  assert.equal(plain('(a + b) * c'), '(a + b)·c');
  assert.equal(plain('6.4e13 * a + 1e21'), '6.4 × 10^13·a + 10^21');
  assert.equal(plain('exp(-a / 2) + log(b) + sqrt(a) + abs(b)'), 'exp(−a/2) + ln(b) + √(a) + |b|');
});

test('a label is text whatever it holds', () => {
  assert.deepEqual(typesetLabel('<img src=x>'), [{ kind: 'variable', text: '<img src=x>' }]);
  assert.deepEqual(typeset(parseFormula('toString'), {}), [{ kind: 'variable', text: 'toString' }]);
});
