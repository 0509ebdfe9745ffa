/** A number in the browser is written and read exactly as in Python: the cases are shared. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { digitsFor, formatInterval, formatQuantity, parseQuantity, splitQuantity } from '../frame/format.js';

interface Cases {
  quantities: { value: number | string; kind: string; digits?: number; signed?: boolean; text: string }[];
  intervals: { low: number | string; high: number | string; kind: string; unit_of?: number; text: string }[];
  digits: { value: number | string; low: number | string; high: number | string; digits: number }[];
  read: { text: string; kind: string; value: number }[];
  unreadable: { text: string; kind: string }[];
}

const file = new URL('../../../tests/data/format_cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Cases;

/** JSON has no infinity: Python's words for it stand as text. */
function number(value: number | string): number {
  return typeof value === 'number' ? value : value === 'nan' ? NaN : value === 'inf' ? Infinity : -Infinity;
}

test('quantities are written as in Python', () => {
  assert.ok(cases.quantities.length > 90);
  for (const { value, kind, digits, signed, text } of cases.quantities) {
    assert.equal(formatQuantity(number(value), kind, digits, signed), text, `${kind} ${value}`);
  }
});

test('intervals are written as in Python', () => {
  for (const { low, high, kind, unit_of, text } of cases.intervals) {
    assert.equal(formatInterval(number(low), number(high), kind, undefined, unit_of), text);
  }
});

test('no digit is shown that the interval does not carry', () => {
  for (const { value, low, high, digits } of cases.digits) {
    assert.equal(digitsFor(number(value), number(low), number(high)), digits, `${value} [${low}, ${high}]`);
  }
});

test('what a person types is understood', () => {
  for (const { text, kind, value } of cases.read) {
    assert.equal(parseQuantity(text, kind), value, text);
  }
});

test('what cannot be a quantity is not a number', () => {
  for (const { text, kind } of cases.unreadable) {
    assert.ok(Number.isNaN(parseQuantity(text, kind)), `${kind} ${text}`);
  }
});

test('an unknown kind is an error, not a guess', () => {
  assert.throws(() => splitQuantity(1, 'param'), /'param' is not the name of a kind of quantity/);
  assert.throws(() => parseQuantity('1', 'constructor'), RangeError);
});
