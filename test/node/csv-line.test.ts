/** CSV by the letter of RFC 4180: what is quoted, and what is not. */
import { expect, it } from 'vitest';
import { age } from '#dist/attributes/age/index.js';
import { AGE_RANGES } from '#dist/attributes/age/ranges.js';
import { ageReader } from '#dist/attributes/age/read.js';
import { csvLine } from '#dist/report/tables/csv-line.js';
import { csvMark, spellCsv } from '#dist/report/tables/csv-spelling.js';

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

it.each(['=SUM(A1)', '+1', '-1', '@x', '\tx', '\rx', '=cmd,"x"'])('keeps a spreadsheet from running %j', (text) => {
  const line = csvLine([text]);
  expect(line.replace(/^"/, '')).toMatch(/^'/);
  expect(line).toContain(text.replaceAll('"', '""'));
});

it('writes numbers below zero as numbers', () => {
  expect(csvLine([-1.5, -0.25, 'a-b', 'x=1', "'"])).toBe("-1.5,-0.25,a-b,x=1,'\n");
});

it('says ranges in words that are no date', () => {
  const column = age.columns.find(({ name }) => name === 'age_range')!;
  const read = ageReader(AGE_RANGES);
  const words = [1, 2, 6].map((sure) => column.value(read(AGE_RANGES.map((_, i) => (i === sure ? 1 : 0)))));
  expect(words).toEqual(['3 to 9', '10 to 20', '66 to 116']);
});

it('is spelt for spreadsheets with decimal commas, and as ever without', () => {
  const lines = csvLine(['x,y', 'a;b', 'a"b;', 0.25, -1.5e-7, 3, '1.2.3', '']) + csvLine(['two\nlines, 1.5', null, true]);
  expect(spellCsv(lines, ',')).toBe(lines);
  expect(csvMark(',')).toBe('');
  expect(csvMark(';')).toBe('\ufeff');
  expect(spellCsv(lines, ';')).toBe('"x,y";"a;b";"a""b;";0,25;-1,5e-7;3;1.2.3;\n"two\nlines, 1.5";;true\n');
});
