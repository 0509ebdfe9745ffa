/**
 * Formula text -> tree, the twin of `laws/formula.py`.
 *
 *     sum     := product (("+" | "-") product)*
 *     product := factor (("*" | "/") factor)*
 *     factor  := ("+" | "-") factor | power
 *     power   := atom ["**" factor]
 *     atom    := NUMBER | NAME | FUNCTION "(" sum ("," sum)* ")" | "(" sum ")"
 */

import { evaluateTree } from './evaluate.js';
import { MAX_DEPTH, scan, tooDeep, type Token } from './scan.js';
import { children, depth, FormulaError, FUNCTIONS, names, type Node, type Operator, type Sign } from './tree.js';

const MAX_EXPONENT = 1000;

/** Read a formula; throws a `FormulaError` with a sentence for anything outside the grammar and limits. */
export function parseFormula(text: string): Node {
  const tree = new Parser(scan(text)).sum();
  if (depth(tree) > MAX_DEPTH) {
    throw tooDeep();
  }
  checkConstants(tree);
  return tree;
}

/** Recursive descent. `scan` has checked the order of the tokens and bounded their number. */
class Parser {
  private index = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  sum(): Node {
    let left = this.product();
    for (let op = this.take('+', '-'); op !== null; op = this.take('+', '-')) {
      left = { kind: 'binary', op, left, right: this.product() };
    }
    return left;
  }

  private product(): Node {
    let left = this.factor();
    for (let op = this.take('*', '/'); op !== null; op = this.take('*', '/')) {
      left = { kind: 'binary', op, left, right: this.factor() };
    }
    return left;
  }

  private factor(): Node {
    const op = this.take('+', '-') as Sign | null;
    return op === null ? this.power() : { kind: 'unary', op, operand: this.factor() };
  }

  private power(): Node {
    const left = this.atom();
    const op = this.take('**');
    return op === null ? left : { kind: 'binary', op, left, right: this.factor() };
  }

  private atom(): Node {
    const token = this.tokens[this.index++];
    if (token.kind === 'number') {
      return { kind: 'number', value: Number(token.text) };
    }
    if (token.kind === 'name' && !FUNCTIONS.has(token.text)) {
      return { kind: 'name', name: token.text };
    }
    if (token.kind === 'mark') {
      const inner = this.sum();
      this.index++; // the closing parenthesis
      return inner;
    }
    const list: Node[] = [];
    do {
      this.index++; // the opening parenthesis, or a comma
      list.push(this.sum());
    } while (this.tokens[this.index].text === ',');
    this.index++;
    return { kind: 'call', function: token.text, arguments: list };
  }

  private take(...wanted: Operator[]): Operator | null {
    const text = this.tokens[this.index]?.text as Operator | undefined;
    if (text === undefined || !wanted.includes(text)) {
      return null;
    }
    this.index++;
    return text;
  }
}

/** Value of a sub-expression without names, null where there are names. */
function constant(node: Node): number | null {
  return names(node).length > 0 ? null : (evaluateTree(node)({}) as number);
}

function checkConstants(node: Node): void {
  if (node.kind === 'number' || node.kind === 'name') {
    return;
  }
  if (node.kind === 'binary' && node.op === '**') {
    const exponent = constant(node.right);
    if (exponent !== null && !(Math.abs(exponent) <= MAX_EXPONENT)) {
      throw new FormulaError('An exponent written as a number is at most 1,000.');
    }
  }
  const value = constant(node);
  if (value !== null && !Number.isFinite(value)) {
    throw new FormulaError('A part of the formula without names is not a finite number.');
  }
  children(node).forEach(checkConstants);
}
