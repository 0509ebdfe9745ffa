/**
 * Quantities as a person reads them, the twin of `scalewidgets/units.py`: both are held to the cases of
 * `tests/data/format_cases.json`. Rounding is of the exact binary value, halves away from zero, which is
 * what `toFixed` and `toExponential` do.
 */

interface KindOf {
  /** Significant digits when a caller does not say. */
  digits: number;
  /** Pattern of the words that may follow the number. */
  unit: string;
  positive: boolean;
}

const kind = (digits: number, unit = '', positive = false): KindOf => ({ digits, unit, positive });

const KINDS: ReadonlyMap<string, KindOf> = new Map([
  ['params', kind(2, 'parameters?|params', true)],
  ['tokens', kind(2, 'tokens?', true)],
  ['flops', kind(2, 'flops?', true)],
  ['loss', kind(3, 'nats( per token|/token)?', true)],
  ['percent', kind(3, '%|percent')],
  ['signed-percent', kind(3, '%|percent')],
  ['dollars', kind(2, 'dollars?|usd')],
  ['hours', kind(2, 'h|(gpu-)?hours?')],
  ['exponent', kind(3)],
  ['plain', kind(3)],
  ['ratio', kind(3)],
  ['exact', kind(17)],
  ['code', kind(17)]
]);

const SCALED = new Set(['params', 'tokens', 'dollars', 'hours']);
const SUFFIXES = ['', 'K', 'M', 'B', 'T'];
const SCALES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['thousand', 1e3],
  ['m', 1e6],
  ['million', 1e6],
  ['b', 1e9],
  ['bn', 1e9],
  ['g', 1e9],
  ['billion', 1e9],
  ['t', 1e12],
  ['trillion', 1e12]
]);
const NUMBER = '[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\\.[0-9]*)?|[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:e[+-]?[0-9]+)?';
const SCALE = 'k|thousand|million|m|billion|bn|b|g|trillion|t|';
const MINUS = '−';

/** Digits that the ends of an interval may take beyond those of their kind. */
const MORE_DIGITS = 4;

/** Number and unit with a plain space between: `7.0 B`, `5.8e23 FLOP`, `.347`. Percentages are of a fraction. */
export function formatQuantity(value: number, kind: string, digits?: number, signed = false): string {
  const [number, unit] = splitQuantity(value, kind, digits, signed);
  return unit === '' ? number : `${number} ${unit}`;
}

/**
 * Number and unit apart: `['7.0', 'B']`, `['$1.2', 'M']`, `['2.07', '']`. With `unitOf` the number is written
 * in the unit of that one, so that several can be compared.
 */
export function splitQuantity(
  value: number,
  kind: string,
  digits?: number,
  signed = false,
  unitOf = value
): [string, string] {
  const wanted = digitsOf(kind, digits);
  if (kind === 'signed-percent') {
    kind = 'percent';
    signed = true;
  }
  const scale = scaleOf(unitOf, kind, wanted);
  let text = numberText(value, kind, wanted, scale);
  if (signed && value > 0 && !isZero(text)) {
    text = `+${text}`;
  }
  return [text, unitText(kind, scale, text)];
}

/** An interval in one unit, that of its larger end (or of `unitOf`): `[2.05, 2.10]`, `[52, 109] B`. */
export function formatInterval(low: number, high: number, kind: string, digits?: number, unitOf?: number): string {
  const [texts, unit] = intervalTexts(low, high, kind, digitsApart(low, high, kind, digits), unitOf);
  return `[${texts[0]}, ${texts[1]}]${unit === '' ? '' : ` ${unit}`}`;
}

/** Significant digits that tell the ends apart: those asked for, and up to four more where the ends are close. */
export function digitsApart(low: number, high: number, kind: string, digits?: number): number {
  const wanted = digitsOf(kind, digits);
  if (low === high || !Number.isFinite(low) || !Number.isFinite(high)) {
    return wanted;
  }
  for (let more = 0; more <= MORE_DIGITS; more++) {
    const [[first, last]] = intervalTexts(low, high, kind, wanted + more);
    if (first !== last) {
      return wanted + more;
    }
  }
  return wanted;
}

function intervalTexts(
  low: number,
  high: number,
  kind: string,
  wanted: number,
  unitOf?: number
): [string[], string] {
  kind = kind.replace(/^signed-/, '');
  const ends = [low, high].filter(Number.isFinite);
  const largest = ends.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), ends.length > 0 ? ends[0] : NaN);
  const scale = scaleOf(unitOf ?? largest, kind, wanted);
  const sizes = ends.map(Math.abs).sort((a, b) => a - b);
  const alike = ends.length === 2 && sizes[0] > sizes[1] / 10;
  let texts = [low, high].map(end => numberText(end, kind, wanted, scale, alike));
  if (alike && (kind === 'percent' || scale > 0)) {
    // Two ends of one size look right with as many decimals; the larger sets them.
    const decimals = Math.min(...texts.map(text => (text.split('.')[1] ?? '').length));
    const factor = kind === 'percent' ? 100 : 1 / 1000 ** scale;
    const sign = kind === 'dollars' ? '$' : '';
    texts = [low, high].map(end => signedText(end < 0, sign + fixed(Math.abs(end) * factor, decimals)));
  }
  return [texts, unitText(kind, scale, texts[1])];
}

/** Significant digits that an interval asks for: two digits of its half-width, at most `most`. */
export function digitsFor(value: number, low: number, high: number, most = 3): number {
  const half = Math.abs(high - low) / 2;
  if (half === 0) {
    return most;
  }
  if (!Number.isFinite(half) || !Number.isFinite(value) || value === 0) {
    return 1;
  }
  const digits = rounded(Math.abs(value), 1).exponent - rounded(half, 1).exponent + 2;
  return Math.max(1, Math.min(most, digits));
}

/** What a person typed, in the base unit (a fraction for `percent`); NaN where it does not read as that. */
export function parseQuantity(text: string, kind: string): number {
  digitsOf(kind);
  const about = KINDS.get(kind) as KindOf;
  if (text.length > 60) {
    return NaN;
  }
  let plain = text.trim().replaceAll(MINUS, '-').toLowerCase();
  if (kind === 'dollars') {
    plain = plain.replace('$', '');
  }
  const match = new RegExp(`^(${NUMBER}) *(${SCALE})(?: *(?:${about.unit}))?$`).exec(plain);
  if (match === null) {
    return NaN;
  }
  const value = Number(match[1].replaceAll(',', '')) * (SCALES.get(match[2]) ?? NaN);
  if (!Number.isFinite(value) || (about.positive && value <= 0)) {
    return NaN;
  }
  return kind.includes('percent') ? value / 100 : value;
}

// -- rounding and writing ------------------------------------------------------------------------------

function digitsOf(kind: string, digits?: number): number {
  const known = KINDS.get(kind);
  if (known === undefined) {
    throw new RangeError(`'${kind}' is not the name of a kind of quantity.`);
  }
  return digits === undefined ? known.digits : Math.max(1, Math.min(17, Math.trunc(digits)));
}

/** `digits` x 10 ** (exponent - digits.length + 1). */
interface Rounded {
  digits: string;
  exponent: number;
}

/** Round a number of at least 0 to significant digits; zero is all zeros. */
function rounded(size: number, digits: number): Rounded {
  const [mantissa, exponent] = size.toExponential(digits - 1).split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) };
}

function positional({ digits, exponent }: Rounded, keepZeros = true): string {
  let whole = '0';
  let fraction = '0'.repeat(Math.max(0, -exponent - 1)) + digits;
  if (exponent >= 0) {
    whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
    fraction = digits.slice(exponent + 1);
  }
  return withFraction(whole, keepZeros ? fraction : fraction.replace(/0+$/, ''));
}

function withFraction(whole: string, fraction: string): string {
  const grouped = whole.replace(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, ',');
  return fraction === '' ? grouped : `${grouped}.${fraction}`;
}

/** A number of at least 0 (and below 1e21) with so many decimals, thousands separated. */
function fixed(size: number, decimals: number): string {
  const [whole, fraction] = size.toFixed(decimals).split('.');
  return withFraction(whole, fraction ?? '');
}

/** Significant digits, but never a cut whole part: 632.4 to two digits is 632. */
function wholeKept(size: number, digits: number): string {
  return fixed(size, Math.max(0, digits - 1 - rounded(size, digits).exponent));
}

/** `size` x 10 ** `shift` with an exponent, without zeros at the end of the mantissa. */
function scientific(size: number, digits: number, shift = 0): string {
  const { digits: figures, exponent } = rounded(size, digits);
  const rest = figures.slice(1).replace(/0+$/, '');
  return `${figures[0]}${rest === '' ? '' : `.${rest}`}e${exponent + shift}`;
}

function numberText(value: number, kind: string, digits: number, scale: number, keepZeros = false): string {
  if (Number.isNaN(value)) {
    return '–';
  }
  const body = sizeText(Math.abs(value), kind, digits, scale, keepZeros);
  return signedText(value < 0, kind === 'dollars' ? `$${body}` : body);
}

function sizeText(size: number, kind: string, digits: number, scale: number, keepZeros: boolean): string {
  if (size === Infinity) {
    return '∞';
  }
  if (SCALED.has(kind)) {
    return scaled(size / 1000 ** scale, kind, digits, scale);
  }
  if (size === 0) {
    return '0';
  }
  if (size < 1e-6 && kind !== 'exact' && kind !== 'code') {
    return scientific(size, digits, kind === 'percent' ? 2 : 0);
  }
  switch (kind) {
    case 'flops':
      return size >= 1e4 ? scientific(size, digits) : positional(rounded(size, digits), false);
    case 'percent': {
      const text = size < 1e6 ? wholeKept(size * 100, digits) : scientific(size, digits, 2);
      return keepZeros || !text.includes('.') ? text : text.replace(/\.?0+$/, '');
    }
    case 'exponent':
      return size < 1e6 ? exponentText(size, digits) : scientific(size, digits);
    case 'exact':
      return shortest(size);
    case 'code':
      return shortest(size).replaceAll(',', '');
    default:
      return size >= 1e6 || (size < 1e-4 && kind !== 'loss')
        ? scientific(size, digits)
        : positional(rounded(size, digits), kind === 'loss' || (kind === 'plain' && (keepZeros || size >= 0.1)));
  }
}

function scaled(size: number, kind: string, digits: number, scale: number): string {
  if (size >= 1e6 || (size > 0 && size < 1e-6)) {
    return scientific(size, digits);
  }
  if (scale > 0) {
    return wholeKept(size, digits);
  }
  if (kind === 'dollars' && size > 0 && size < 0.1) {
    return positional(rounded(size, digits), false);
  }
  if (kind === 'dollars' && size < 100 && !fixed(size, 2).endsWith('.00')) {
    return fixed(size, 2);
  }
  if (kind === 'hours' && size < 10 && !Number.isInteger(size)) {
    return positional(rounded(size, digits));
  }
  return fixed(size, 0);
}

function exponentText(size: number, digits: number): string {
  if (rounded(size, digits).exponent >= 0) {
    return positional(rounded(size, digits));
  }
  let text = fixed(size, digits);
  if (Number(text) < 0.1) {
    text = positional(rounded(size, Math.max(1, digits - 1))); // too few figures left: .0048
  }
  return text.replace(/^0/, '');
}

/** The shortest text that reads back as the same number. */
function shortest(size: number): string {
  const [mantissa, power] = size.toExponential().split('e');
  const exponent = Number(power);
  const digits = mantissa.replace('.', '');
  return exponent >= -5 && exponent < 6 ? positional({ digits, exponent }, false) : scientific(size, digits.length);
}

/** Power of a thousand that the value is shown in, after rounding: 999.6 M is 1.0 B. */
function scaleOf(value: number, kind: string, digits: number): number {
  const size = Math.abs(value);
  if (!SCALED.has(kind) || !Number.isFinite(value) || ((kind === 'dollars' || kind === 'hours') && size < 9999.5)) {
    return 0;
  }
  let scale = 0;
  while (scale < SUFFIXES.length - 1 && roundsToThousand(size / 1000 ** scale, digits)) {
    scale++;
  }
  return scale;
}

function roundsToThousand(size: number, digits: number): boolean {
  return size >= 1000 || Number(wholeKept(size, digits).replaceAll(',', '')) >= 1000;
}

function unitText(kind: string, scale: number, text: string): string {
  const suffix = SUFFIXES[scale];
  switch (kind) {
    case 'hours':
      return suffix !== '' ? `${suffix} hours` : text === '1' ? 'hour' : 'hours';
    case 'flops':
      return 'FLOP';
    case 'percent':
      return '%';
    default:
      return suffix;
  }
}

function signedText(negative: boolean, body: string): string {
  return negative && !isZero(body) ? MINUS + body : body;
}

function isZero(text: string): boolean {
  return !/[1-9∞–]/.test(text);
}
