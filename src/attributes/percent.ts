/** Shares in words, alike wherever people read them. */

/** `43 %`, `4.3 %`, `0 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)}\u00a0%`;
}
