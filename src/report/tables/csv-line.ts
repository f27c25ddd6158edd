/** One line of CSV (RFC 4180, lines end in \n), and what keeps spreadsheets from making something else of a text. */

/** What spreadsheets take for a formula where a text begins with it (OWASP, "CSV injection"). */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * Text with a comma, a quote or a line break is quoted, quotes are doubled; null and undefined are empty. A text that a spreadsheet
 * would run as a formula, such as the name of a file, gets an apostrophe before it; numbers are written as they are.
 */
export function csvLine(values: readonly (string | number | boolean | null | undefined)[]): string {
  const cells = values.map((value) => {
    const text = typeof value === 'string' ? csvText(value) : String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${cells.join(',')}\n`;
}

/** A text as it stands in a table. */
export function csvText(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}
