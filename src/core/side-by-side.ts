/** Work on many items, a few at a time; no more is begun than that. */

/** Does `work` for each item, begun in their order, `most` at a time. Rejects as the first that fails does; others under way go on. */
export async function sideBySide<T>(items: Iterable<T>, most: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: most }, lane));
}
