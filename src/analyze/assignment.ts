/**
 * The linear assignment problem on a rectangular matrix: pairs of least total cost, by shortest augmenting paths (Kuhn 1955's Hungarian
 * method in the form of Jonker and Volgenant 1987, doi:10.1007/BF02278710), exact, O(n²·m). Pairs that cost the limit or more are left
 * unassigned. What costs mean is the caller's business.
 */
import { PhizError } from '../core/error.js';

/** A row and a column that belong together. */
export interface Pair {
  readonly row: number;
  readonly column: number;
  readonly cost: number;
}

/**
 * Pairs rows and columns, each at most once, so that the sum of (cost − limit) over the pairs is least. `cost` may give Infinity
 * for what must not be. Pairs come in order of their rows; of equally good solutions always the same one is given.
 * Throws PhizError `invalid-option` for a limit, `invalid-data` for a cost that is not a number.
 */
export function assign(
  rows: number,
  columns: number,
  cost: (row: number, column: number) => number,
  limit: number,
): readonly Pair[] {
  if (!Number.isFinite(limit)) throw new PhizError('invalid-option', `the limit of an assignment must be finite; got ${limit}`);
  if (rows === 0 || columns === 0) return [];
  // Leaving a pair out costs the limit, so a full assignment of the shorter side with costs cut off there is the same problem.
  const turned = rows > columns;
  const [n, m] = turned ? [columns, rows] : [rows, columns];
  const matrix = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      const value = turned ? cost(j, i) : cost(i, j);
      if (Number.isNaN(value)) throw new PhizError('invalid-data', `a cost is not a number (row ${i}, column ${j})`);
      matrix[i * m + j] = Math.min(value, limit);
    }
  const owner = solve(matrix, n, m);
  const pairs: Pair[] = [];
  for (let j = 0; j < m; j++) {
    const i = owner[j]!;
    if (i < 0 || matrix[i * m + j]! >= limit) continue;
    pairs.push({ row: turned ? j : i, column: turned ? i : j, cost: matrix[i * m + j]! });
  }
  return pairs.sort((a, b) => a.row - b.row);
}

/** For each of m columns the row (of n ≤ m) that owns it in the cheapest full assignment of rows, −1 for none. */
function solve(matrix: Float64Array, n: number, m: number): Int32Array {
  const owner = new Int32Array(m).fill(-1);
  const rowPrice = new Float64Array(n);
  const columnPrice = new Float64Array(m);
  const distance = new Float64Array(m);
  const cameFrom = new Int32Array(m);
  const done = new Uint8Array(m);
  for (let start = 0; start < n; start++) {
    distance.fill(Infinity);
    cameFrom.fill(-1);
    done.fill(0);
    // Dijkstra from the new row over reduced costs, until a free column is reached.
    let row = start;
    let reached = -1;
    let travelled = 0;
    for (;;) {
      let next = -1;
      for (let j = 0; j < m; j++) {
        if (done[j]) continue;
        const through = travelled + matrix[row * m + j]! - rowPrice[row]! - columnPrice[j]!;
        if (through < distance[j]!) {
          distance[j] = through;
          cameFrom[j] = reached;
        }
        if (next < 0 || distance[j]! < distance[next]!) next = j;
      }
      reached = next;
      travelled = distance[next]!;
      done[next] = 1;
      if (owner[next]! < 0) break;
      row = owner[next]!;
    }
    rowPrice[start]! += travelled;
    for (let j = 0; j < m; j++) {
      if (!done[j] || j === reached) continue;
      const slack = travelled - distance[j]!;
      rowPrice[owner[j]!]! += slack;
      columnPrice[j]! -= slack;
    }
    // Along the path, every row moves on to the column it came from.
    let column = reached;
    while (column >= 0) {
      const before = cameFrom[column]!;
      owner[column] = before < 0 ? start : owner[before]!;
      column = before;
    }
  }
  return owner;
}

/** How `assignSurely` judges a pair. */
export interface Doubt {
  readonly limit: number;
  /** A pair is doubted where another assignment costs less than this much more. */
  readonly margin: number;
  /** Which other row can be mistaken for `row` at `column`; default: any that costs less than the limit there. */
  readonly rivals?: ((row: number, other: number, column: number) => boolean) | undefined;
  /** Also doubt a row that has another free column nearly as good. Default false. */
  readonly bothWays?: boolean | undefined;
}

/** Pairs as `assign` does, divided into those that are sure and those of which another assignment is nearly as good. */
export function assignSurely(
  costs: readonly (readonly number[])[],
  columns: number,
  { limit, margin, rivals = () => true, bothWays = false }: Doubt,
): { readonly sure: readonly Pair[]; readonly doubted: readonly Pair[] } {
  const pairs = assign(costs.length, columns, (row, column) => costs[row]![column]!, limit);
  const columnOf = new Map(pairs.map(({ row, column }) => [row, column]));
  const used = new Set(columnOf.values());
  const doubt = ({ row, column, cost: own }: Pair): boolean => {
    const byRow = costs.some((theirs, other) => {
      if (other === row || theirs[column]! >= limit || !rivals(row, other, column)) return false;
      const swapped = columnOf.get(other);
      if (swapped === undefined) return theirs[column]! - own < margin;
      return theirs[column]! + Math.min(costs[row]![swapped]!, limit) - own - theirs[swapped]! < margin;
    });
    return byRow || (bothWays && costs[row]!.some((cost, other) => !used.has(other) && cost - own < margin));
  };
  const sure: Pair[] = [];
  const doubted: Pair[] = [];
  for (const pair of pairs) (doubt(pair) ? doubted : sure).push(pair);
  return { sure, doubted };
}
