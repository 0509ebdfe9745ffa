/** Typeset formulas as elements. */

import type { Piece } from '../formula/index.js';
import { element } from './dom.js';

export function showPieces(el: HTMLElement, pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      el.append(piece);
    } else {
      const tag = piece.kind === 'sup' ? 'sup' : piece.kind === 'sub' ? 'sub' : 'span';
      const child = element(tag, `sw-math-${piece.kind}`);
      if (piece.kind !== 'variable') {
        showPieces(child, piece.pieces);
      } else {
        child.textContent = piece.text;
      }
      el.append(child);
    }
  }
}
