/**
 * Formula text -> tokens; refuses all text that is not in the grammar. The twin of `scan` in
 * `laws/formula.py`, with the same sentences: `tests/laws/formula_cases.json` holds both to it.
 */

import { FormulaError, FUNCTIONS } from './tree.js';

export const MAX_CHARACTERS = 4000;
export const MAX_DEPTH = 64;
export const MAX_NODES = 500;
const MAX_NAME = 40;

export interface Token {
  readonly kind: 'number' | 'name' | 'mark';
  readonly text: string;
  /** Zero-based character the token starts at. */
  readonly at: number;
}

// Python's reserved words: a law written here must be readable there.
const RESERVED = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally ' +
    'for from global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' ')
);
const NOT_NUMBERS = new Set(['nan', 'inf', 'infinity']);
const INSTEAD = new Map([
  ['ln', 'log'],
  ['lg', 'log10'],
  ['pow', '**'],
  ['power', '**'],
  ['maximum', 'max'],
  ['minimum', 'min']
]);
const USE = `Use numbers, names, + - * / **, parentheses and the functions ${[...FUNCTIONS.keys()].join(', ')}.`;
const REMEDIES = new Map([
  ['^', 'Write ** for a power.'],
  ['.', 'A formula has no attributes; write a number as 0.5.'],
  ['×', 'Write * for a product.'],
  ['·', 'Write * for a product.'],
  ['−', 'Write a plain minus sign, -.'],
  ['–', 'Write a plain minus sign, -.'],
  ['=', 'Write the right-hand side only.']
]);
const TOKEN =
  /([ \t\r\n]+)|((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|([A-Za-z_][A-Za-z0-9_]*)|(\*\*|[-+*/(),])/y;

const grouped = (n: number) => n.toLocaleString('en-US');

/** Split a formula into tokens: balanced, in order, short, made of allowed characters; or throw. */
export function scan(text: string): Token[] {
  if (typeof text !== 'string') {
    throw new FormulaError(`A formula is a text, not ${typeof text}.`);
  }
  if (text.length > MAX_CHARACTERS) {
    throw new FormulaError(
      `A formula has at most ${grouped(MAX_CHARACTERS)} characters; this one has ${grouped(text.length)}.`,
      null,
      'Shorten it.'
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      throw badCharacter(text, at);
    }
    if (match[1] === undefined) {
      const kind = match[2] !== undefined ? 'number' : match[3] !== undefined ? 'name' : 'mark';
      const token: Token = { kind, text: match[0], at };
      check(token, tokens[tokens.length - 1]);
      tokens.push(token);
    }
    at += match[0].length;
  }
  if (tokens.length === 0) {
    throw new FormulaError('The formula is empty.', null, 'Write one, such as E + A / N**alpha.');
  }
  checkOrder(tokens, text.length);
  const nodes = tokens.filter(token => !'(),'.includes(token.text)).length;
  if (nodes > MAX_NODES) {
    throw new FormulaError(
      `A formula has at most ${MAX_NODES} numbers, names and operators; this one has ${grouped(nodes)}.`,
      null,
      'Shorten it.'
    );
  }
  return tokens;
}

function badCharacter(text: string, at: number): FormulaError {
  const code = text.codePointAt(at) ?? 0;
  const character = String.fromCodePoint(code);
  const greek = code >= 0x370 && code <= 0x3ff;
  const remedy =
    REMEDIES.get(character) ??
    (greek ? 'Write Greek letters by name, such as alpha; they are shown as letters.' : USE);
  const plain = code >= 0x20 && code < 0x7f;
  const shown = plain ? character : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return new FormulaError(`The character ${shown} at position ${at + 1} has no place in a formula.`, at, remedy);
}

/** Refuse numbers and names that the token pattern lets through but the grammar does not. */
function check(token: Token, before: Token | undefined): void {
  const { text, at } = token;
  const place = `at position ${at + 1}`;
  if (token.kind === 'number') {
    if (/^0[0-9]+$/.test(text)) {
      throw new FormulaError(`The number ${place} starts with a zero.`, at);
    }
    if (!Number.isFinite(Number(text))) {
      throw new FormulaError(`The number ${place} is too large to be held.`, at);
    }
  } else if (token.kind === 'name') {
    if (text.startsWith('_') || text.includes('__')) {
      throw new FormulaError(
        `The name ${place} has an underscore at its start or two in a row.`,
        at,
        'Use single underscores inside a name, as in N_c.'
      );
    }
    if (text.length > MAX_NAME) {
      throw new FormulaError(`The name ${place} has more than ${MAX_NAME} letters.`, at);
    }
    if (RESERVED.has(text)) {
      const remedy = `Use another name${text === 'lambda' ? ', such as lam' : ''}.`;
      throw new FormulaError(`The name ${text} ${place} is a reserved word.`, at, remedy);
    }
    if (NOT_NUMBERS.has(text.toLowerCase())) {
      throw new FormulaError(`${text} ${place} is not a number.`, at);
    }
    if (before?.kind === 'number' && before.at + before.text.length === at) {
      throw new FormulaError(
        `An operator is missing ${place}.`,
        at,
        `Write products out, as in ${before.text.slice(0, 12)}*${text.slice(0, 12)}.`
      );
    }
  }
}

const OPERATORS = new Set(['+', '-', '*', '/', '**']);

/** Refuse tokens out of order. The grammar is regular but for its parentheses: a stack does it. */
function checkOrder(tokens: readonly Token[], end: number): void {
  const open: { token: Token; function: Token | null; count: number }[] = [];
  let operandNext = true;
  tokens.forEach((token, index) => {
    const { text, at } = token;
    const place = `at position ${at + 1}`;
    const follows = tokens[index + 1]?.text ?? '';
    const innermost = open[open.length - 1];
    if (operandNext) {
      if (text === '(') {
        const before = tokens[index - 1];
        open.push({ token, function: before?.kind === 'name' ? before : null, count: 1 });
        if (open.length > MAX_DEPTH) {
          throw tooDeep();
        }
      } else if (token.kind === 'name' && (follows === '(' || FUNCTIONS.has(text))) {
        checkFunction(token, follows);
      } else if (token.kind !== 'mark') {
        operandNext = false;
      } else if (text !== '+' && text !== '-') {
        throw new FormulaError(`A number or a name is missing ${place}.`, at);
      }
    } else if (OPERATORS.has(text)) {
      operandNext = true;
    } else if (text === ')' && innermost !== undefined) {
      open.pop();
      checkCount(innermost.function, innermost.count);
    } else if (text === ',' && innermost?.function) {
      innermost.count += 1;
      operandNext = true;
    } else if (text === ')') {
      throw new FormulaError(`The parenthesis ${place} closes nothing.`, at);
    } else if (text === ',') {
      throw new FormulaError(`The comma ${place} is not between arguments.`, at);
    } else {
      throw new FormulaError(`An operator is missing ${place}.`, at);
    }
  });
  if (operandNext) {
    throw new FormulaError('The formula stops where a number or a name should follow.', end);
  }
  if (open.length > 0) {
    const at = open[open.length - 1].token.at;
    throw new FormulaError(`The parenthesis at position ${at + 1} is never closed.`, at);
  }
}

function checkFunction(token: Token, follows: string): void {
  const { text, at } = token;
  if (FUNCTIONS.has(text)) {
    if (follows !== '(') {
      throw new FormulaError(`${text} at position ${at + 1} is a function.`, at, `Write ${text}(...).`);
    }
    return;
  }
  const instead = INSTEAD.get(text.toLowerCase()) ?? text.toLowerCase();
  throw new FormulaError(
    `${text} at position ${at + 1} is not a function that a formula may call.`,
    at,
    instead === '**' || FUNCTIONS.has(instead) ? `Write ${instead}.` : USE
  );
}

function checkCount(called: Token | null, count: number): void {
  const limits = called === null ? undefined : FUNCTIONS.get(called.text);
  if (called === null || limits === undefined || (count >= limits[0] && count <= limits[1])) {
    return;
  }
  const wanted = limits[1] === 1 ? 'one argument' : `${limits[0]} to ${limits[1]} arguments`;
  throw new FormulaError(`${called.text} at position ${called.at + 1} takes ${wanted}, not ${count}.`, called.at);
}

export function tooDeep(): FormulaError {
  return new FormulaError(`The formula is more than ${MAX_DEPTH} levels deep.`, null, 'Shorten it.');
}
