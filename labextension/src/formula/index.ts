/** Formulas in the browser: read, evaluated over typed arrays and typeset; never run as code. */

import { evaluateTree, type Evaluate } from './evaluate.js';
import { parseFormula } from './parse.js';
import type { Node } from './tree.js';

export { type Env, type Evaluate, type Value } from './evaluate.js';
export { parseFormula } from './parse.js';
export { FormulaError, names, type Node } from './tree.js';
export { plainText, typeset, typesetLabel, type Labels, type Piece } from './typeset.js';

/**
 * The function of a formula, from its text or its tree.
 *
 * It takes numbers and `Float64Array`s of one length by name, gives a number when all are numbers and
 * otherwise a new array, and throws a `FormulaError` when a symbol is missing or lengths differ.
 * Outside the domain the result is nan or infinite.
 */
export function compileFormula(formula: string | Node): Evaluate {
  return evaluateTree(typeof formula === 'string' ? parseFormula(formula) : formula);
}
