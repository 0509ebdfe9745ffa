/**
 * Tree -> pieces of a typeset formula, in the author's order of terms: `E + A/N^α + B/D^β`.
 *
 * A piece is text or a small box of pieces. Whoever draws it makes elements and sets their text content;
 * no markup is ever made of a name or a label.
 */

import type { Node } from './tree.js';

export type Piece =
  | string
  | { readonly kind: 'variable'; readonly text: string }
  | { readonly kind: 'sup' | 'sub'; readonly pieces: readonly Piece[] };

/** Name -> plain label; what follows the first underscore of a label is set as a subscript. */
export type Labels = Readonly<Record<string, string>>;

const SUM = 0;
const SIGN = 1;
const PRODUCT = 2;
const POWER = 3;
const ATOM = 4;

/** Typeset a tree on one line. A name without a label is shown as it is. */
export function typeset(node: Node, labels: Labels = {}): Piece[] {
  return merged(pieces(node, labels));
}

/** The same as plain text, for labels and readers: `E + A/N^α + B/D^β`. */
export function plainText(list: readonly Piece[]): string {
  return list
    .map(piece => {
      if (typeof piece === 'string') {
        return piece;
      }
      if (piece.kind === 'variable') {
        return piece.text;
      }
      const inner = plainText(piece.pieces);
      const simple = piece.kind === 'sub' || /^[\p{L}\p{N}_.]+$/u.test(inner);
      return (piece.kind === 'sub' ? '_' : '^') + (simple ? inner : `(${inner})`);
    })
    .join('');
}

/** A name on its own, as it stands in a formula: `α_N` is an α with a subscript N. */
export function typesetLabel(label: string): Piece[] {
  const at = label.indexOf('_');
  return at < 0
    ? [{ kind: 'variable', text: label }]
    : [
        { kind: 'variable', text: label.slice(0, at) },
        { kind: 'sub', pieces: [label.slice(at + 1)] }
      ];
}

function level(node: Node): number {
  if (node.kind === 'unary') {
    return SIGN;
  }
  if (node.kind !== 'binary') {
    return ATOM;
  }
  return node.op === '**' ? POWER : node.op === '*' || node.op === '/' ? PRODUCT : SUM;
}

function pieces(node: Node, labels: Labels): Piece[] {
  const inside = (child: Node, least: number): Piece[] => {
    const inner = pieces(child, labels);
    return level(child) < least ? ['(', ...inner, ')'] : inner;
  };
  switch (node.kind) {
    case 'number':
      return numberPieces(node.value);
    case 'name':
      return typesetLabel(Object.prototype.hasOwnProperty.call(labels, node.name) ? labels[node.name] : node.name);
    case 'unary':
      return [node.op === '-' ? '−' : '+', ...inside(node.operand, POWER)];
    case 'binary':
      switch (node.op) {
        case '+':
        case '-':
          return [...inside(node.left, SUM), node.op === '-' ? ' − ' : ' + ', ...inside(node.right, PRODUCT)];
        case '*':
        case '/':
          return [...inside(node.left, SIGN), node.op === '*' ? '·' : '/', ...inside(node.right, POWER)];
        case '**': {
          const base = inside(node.left, ATOM);
          const bare = node.left.kind !== 'number' || (base.length === 1 && /^[0-9]+$/.test(String(base[0])));
          return [...(bare ? base : ['(', ...base, ')']), { kind: 'sup', pieces: typeset(node.right, labels) }];
        }
      }
    case 'call':
      return callPieces(
        node.function,
        node.arguments.flatMap((argument, i) => [...(i > 0 ? [', '] : []), ...pieces(argument, labels)])
      );
  }
}

function callPieces(name: string, list: Piece[]): Piece[] {
  switch (name) {
    case 'sqrt':
      return ['√(', ...list, ')'];
    case 'abs':
      return ['|', ...list, '|'];
    case 'log':
      return ['ln(', ...list, ')'];
    case 'log2':
    case 'log10':
      return ['log', { kind: 'sub', pieces: [name.slice(3)] }, '(', ...list, ')'];
    default:
      return [`${name}(`, ...list, ')'];
  }
}

/** A literal: `0.5`, `1000`, `6.4 × 10^13`, `10^21`. */
function numberPieces(value: number): Piece[] {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) {
    return [String(value)];
  }
  const [mantissa, exponent] = value.toExponential().split('e');
  const power: Piece[] = ['10', { kind: 'sup', pieces: [exponent.replace('+', '').replace('-', '−')] }];
  return mantissa === '1' ? power : [`${mantissa} × `, ...power];
}

/** Join neighbouring texts, so that a page makes no more elements than it needs. */
function merged(list: readonly Piece[]): Piece[] {
  const out: Piece[] = [];
  for (const piece of list) {
    const last = out[out.length - 1];
    if (typeof piece === 'string' && typeof last === 'string') {
      out[out.length - 1] = last + piece;
    } else {
      out.push(piece);
    }
  }
  return out;
}
