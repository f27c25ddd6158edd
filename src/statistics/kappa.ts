/** Agreement of two coders beyond chance: Cohen's kappa (Cohen 1960, doi:10.1177/001316446002000104), here weighted by time. */

export interface Agreement {
  /** Share of the weight on which both agree. */
  readonly observed: number;
  /** Null where chance alone would agree always. */
  readonly kappa: number | null;
}

/** From a square table: `table[first][second]` is how much the first coder called the one and the second the other. Undefined for an empty one. */
export function cohensKappa(table: readonly (readonly number[])[]): Agreement | undefined {
  const total = table.flat().reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return undefined;
  const observed = table.reduce((sum, row, i) => sum + row[i]!, 0) / total;
  const chance = table.reduce((sum, row, i) => {
    const called = row.reduce((all, weight) => all + weight, 0);
    return sum + (called / total) * (table.reduce((all, other) => all + other[i]!, 0) / total);
  }, 0);
  return { observed, kappa: 1 - chance < 1e-12 ? null : (observed - chance) / (1 - chance) };
}
