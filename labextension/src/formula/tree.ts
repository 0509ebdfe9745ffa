/** The tree of a formula, the twin of `laws/tree.py`: what `Law.tree` holds as JSON is a `Node` here. */

export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'unary'; readonly op: Sign; readonly operand: Node }
  | { readonly kind: 'binary'; readonly op: Operator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'call'; readonly function: string; readonly arguments: readonly Node[] };

export type Sign = '+' | '-';
export type Operator = '+' | '-' | '*' | '/' | '**';

/** Function name -> smallest and largest number of arguments. A Map: names come from strangers. */
export const FUNCTIONS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['exp', [1, 1]],
  ['log', [1, 1]],
  ['log2', [1, 1]],
  ['log10', [1, 1]],
  ['sqrt', [1, 1]],
  ['tanh', [1, 1]],
  ['abs', [1, 1]],
  ['min', [2, 16]],
  ['max', [2, 16]]
]);

/** A formula, or a value given to one of its symbols, that cannot be used; the message says why. */
export class FormulaError extends Error {
  override readonly name = 'FormulaError';

  constructor(
    message: string,
    /** Zero-based character of the formula that the sentence speaks of. */
    readonly position: number | null = null,
    readonly remedy: string | null = null
  ) {
    super(remedy === null ? message : `${message} ${remedy}`);
  }
}

export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'call':
      return node.arguments;
    default:
      return [];
  }
}

/** Height of a tree; a single number has 1. */
export function depth(node: Node): number {
  return 1 + Math.max(0, ...children(node).map(depth));
}

/** Names of a tree in order of first appearance. */
export function names(node: Node): string[] {
  const found = new Set<string>();
  const visit = (part: Node): void => {
    if (part.kind === 'name') {
      found.add(part.name);
    }
    children(part).forEach(visit);
  };
  visit(node);
  return [...found];
}
