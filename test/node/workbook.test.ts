/** Tables as an Excel workbook, read back by another library. */
import readExcel from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { workbook } from '#dist/node/files/workbook.js';

const columns = ['participant', 'score', 'kept'];
const read = async (bytes: Uint8Array) => readExcel(Buffer.from(bytes));

describe('a workbook', () => {
  it('has a sheet per table, its header first, and every cell as it was', async () => {
    const rows = [
      ['Žofie 😀', 0.1 + 0.2, true],
      ['=HYPERLINK("http://x")', -1e-9, false],
      ['3-9', null, undefined],
    ];
    const sheets = await read(
      await workbook([
        { name: 'people', columns, rows },
        { name: 'empty', columns: ['only'], rows: [] },
      ]),
    );
    expect(sheets.map(({ sheet }) => sheet)).toEqual(['people', 'empty']);
    expect(sheets[0]!.data).toEqual([columns, rows[0], rows[1], ['3-9', null, null]]);
    expect(sheets[1]!.data).toEqual([['only']]);
  });

  it('holds no character that would damage it, no number that is none, and no text longer than Excel takes', async () => {
    const bytes = await workbook([
      { name: 'x', columns: ['a', 'b', 'c'], rows: [['a\u0000\u001bb\nc', Number.NaN, 'y'.repeat(40_000)]] },
    ]);
    const { data } = (await read(bytes))[0]!;
    expect(data[1]![0]).toBe('ab\nc');
    expect(data[1]![1]).toBe(null);
    expect(data[1]![2]).toHaveLength(32_767);
  });

  it('is the same bytes for the same tables, whenever it is written', async () => {
    const sheet = [{ name: 'x', columns, rows: [['a', 1, true]] }];
    const first = await workbook(sheet);
    // Archives tell the time in steps of two seconds.
    await new Promise((done) => setTimeout(done, 2100));
    expect(Buffer.from(await workbook(sheet)).equals(Buffer.from(first))).toBe(true);
  });
});
