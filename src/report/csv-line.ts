/** One line of CSV (RFC 4180, lines end in \n). */

/** Text with a comma, a quote or a line break is quoted, quotes are doubled; null and undefined are empty. */
export function csvLine(values: readonly (string | number | boolean | null | undefined)[]): string {
  const cells = values.map((value) => {
    const text = String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${cells.join(',')}\n`;
}
