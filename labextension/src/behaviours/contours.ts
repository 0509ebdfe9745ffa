/** Lines of equal height on a grid, by marching squares: what is higher lies to the left of every line. */

/** Heights row by row; the places of a line are in columns and rows, fractions between the grid points. */
export interface Grid {
  columns: number;
  rows: number;
  heights: ArrayLike<number>;
}

export type Path = [number, number][];

/** For each pattern of high corners, lines from one edge to another: 0 bottom, 1 right, 2 top, 3 left. */
const LINES: readonly (readonly [number, number][])[] = [
  [],
  [[0, 3]],
  [[1, 0]],
  [[1, 3]],
  [[2, 1]],
  [],
  [[2, 0]],
  [[2, 3]],
  [[3, 2]],
  [[0, 2]],
  [],
  [[1, 2]],
  [[3, 1]],
  [[0, 1]],
  [[3, 0]],
  []
];
/** A saddle is joined through its middle where that is high, and parted where it is low. */
const SADDLES: Readonly<Record<number, { high: [number, number][]; low: [number, number][] }>> = {
  5: { high: [[0, 1], [2, 3]], low: [[0, 3], [2, 1]] },
  10: { high: [[3, 0], [1, 2]], low: [[1, 0], [3, 2]] }
};

/** All lines of one level; a line that closes ends where it begins. */
export function contours({ columns, rows, heights }: Grid, level: number): Path[] {
  const next = new Map<number, number>();
  const from = new Set<number>();
  const to = new Set<number>();
  const upright = columns * rows;
  for (let i = 0; i + 1 < rows; i++) {
    for (let j = 0; j + 1 < columns; j++) {
      const at = i * columns + j;
      const corners = [heights[at], heights[at + 1], heights[at + columns + 1], heights[at + columns]];
      const pattern = corners.reduce((bits, h, k) => (h > level ? bits | (1 << k) : bits), 0);
      const middle = corners.reduce((sum, h) => sum + h, 0) / 4 > level ? 'high' : 'low';
      const edges = [at, upright + at + 1, at + columns, upright + at];
      for (const [a, b] of SADDLES[pattern]?.[middle] ?? LINES[pattern]) {
        next.set(edges[a], edges[b]);
        from.add(edges[a]);
        to.add(edges[b]);
      }
    }
  }
  const place = (edge: number): [number, number] => {
    const standing = edge >= upright;
    const at = standing ? edge - upright : edge;
    const [i, j] = [Math.floor(at / columns), at % columns];
    const other = at + (standing ? columns : 1);
    const part = (level - heights[at]) / (heights[other] - heights[at]);
    return standing ? [j, i + part] : [j + part, i];
  };
  const paths: Path[] = [];
  const follow = (start: number) => {
    const path: Path = [place(start)];
    let edge = start;
    for (;;) {
      const following = next.get(edge);
      if (following === undefined) {
        break;
      }
      next.delete(edge);
      path.push(place(following));
      edge = following;
    }
    paths.push(path);
  };
  // Open lines first, from where they enter; what is left closes.
  [...from].filter(edge => !to.has(edge)).forEach(follow);
  for (const edge of from) {
    if (next.has(edge)) {
      follow(edge);
    }
  }
  return paths;
}

/** The ground above a level, as one polygon: its loops, joined by bridges without width. */
export function ground({ columns, rows, heights }: Grid, level: number): Path {
  const wide = columns + 2;
  const padded = new Float64Array(wide * (rows + 2)).fill(-1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      padded[(i + 1) * wide + j + 1] = heights[i * columns + j];
    }
  }
  const inside = (value: number, last: number) => Math.min(last, Math.max(0, value - 1));
  const loops = contours({ columns: wide, rows: rows + 2, heights: padded }, level).map(path =>
    path.map(([x, y]): [number, number] => [inside(x, columns - 1), inside(y, rows - 1)])
  );
  const first = loops.length > 0 ? loops[0][0] : null;
  return first === null ? [] : loops.flatMap(loop => [...loop, loop[0], first]);
}
