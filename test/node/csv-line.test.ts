/** CSV by the letter of RFC 4180: what is quoted, and what is not. */
import { expect, it } from 'vitest';
import { csvLine } from '#dist/report/csv-line.js';

it.each([
  ['a comma', 'a,b', '"a,b"'],
  ['a quote', 'a"b', '"a""b"'],
  ['a line feed', 'a\nb', '"a\nb"'],
  // Readers end a line at a carriage return too.
  ['a lone carriage return', 'a\rb', '"a\rb"'],
  ['both', 'a\r\nb', '"a\r\nb"'],
])('quotes text with %s', (_, text, cell) => {
  expect(csvLine(['x', text, 'y'])).toBe(`x,${cell},y\n`);
});

it('writes the rest as it is, and nothing as nothing', () => {
  expect(csvLine(['a b', "it's", 'ä;ö', 0, -1.5, false, null, undefined, ''])).toBe("a b,it's,ä;ö,0,-1.5,false,,,\n");
  expect(csvLine([])).toBe('\n');
});
