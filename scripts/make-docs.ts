/**
 * Writes the parts of the pages in docs that follow from the list of attributes: the fields of a face's result, and the columns of tables.
 * Each stands between `<!-- name -->` and `<!-- /name -->`. Run after a change of an attribute:
 *
 *     npx tsc -b && node build/scripts/make-docs.js [--out docs]
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Attribute, AttributeColumn } from '#dist/attributes/attribute.js';
import { ATTRIBUTES } from '#dist/attributes/index.js';

const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs' } } });

const LISTED: readonly Attribute[] = ATTRIBUTES;

/** The parts of each page, by name. */
const PAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'analyze.md': {
    fields: table(
      ['field', ''],
      LISTED.map(({ name, schema }) => [`\`faces[].${name}\``, fieldsOf(schema)]),
    ),
    columns: columnsTable(({ columns, rawColumns = [] }) => [columns, rawColumns]),
  },
  'video.md': {
    summary: table(
      ['field', ''],
      LISTED.flatMap(({ summary }) =>
        summary
          ? Object.entries(summary.fields as Readonly<Record<string, z.ZodType>>).map(([name, field]) => [
              `\`${summary.of === 'person' ? 'people[].' : ''}${name}\``,
              summaryField(field),
            ])
          : [],
      ),
    ),
    columns: columnsTable(({ overTime, columns, clipColumns = columns, rawColumns = [] }) => [
      overTime ? clipColumns : [],
      rawColumns,
    ]),
  },
};

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')).join('\n');
}

/** A row for columns that say the same: a column that says nothing goes with the one before it. */
function columnsTable(listsOf: (attribute: Attribute) => readonly (readonly AttributeColumn<unknown>[])[]): string {
  const rows: { names: string[]; unit: string; says: string }[] = [];
  for (const list of LISTED.flatMap(listsOf))
    for (const [i, { name, unit = '', says }] of list.entries()) {
      if (says === undefined && i === 0) throw new Error(`column ${name} does not say what it holds`);
      const last = rows.at(-1);
      if (last && (says === undefined || (says === last.says && unit === last.unit))) last.names.push(name);
      else rows.push({ names: [name], unit, says: says! });
    }
  return table(
    ['column', 'unit', 'what, and when it is empty'],
    rows.map(({ names, unit, says }) => [names.map((name) => `\`${name}\``).join(', '), unit, says]),
  );
}

/** A field of a value, as JSON Schema describes it. */
interface FieldSchema {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly propertyNames?: { readonly enum?: readonly string[] };
}

/** `size`: what it is; `label`: one of these. */
function fieldsOf(schema: z.ZodType): string {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Readonly<Record<string, FieldSchema>> };
  return Object.entries(properties)
    .map(([name, { description, enum: values, propertyNames }]) => {
      const says = [
        ...(description ? [description] : []),
        ...(values ? [`one of ${values.join(', ')}`] : []),
        ...(propertyNames?.enum ? ['of each of them'] : []),
      ];
      return says.length ? `\`${name}\`: ${says.join(', ')}` : `\`${name}\``;
    })
    .join('; ');
}

/** What a field of a summary says of itself, then of its own fields. */
function summaryField(field: z.ZodType): string {
  const { description } = z.toJSONSchema(field, { io: 'input' });
  const whole = field instanceof z.ZodNullable ? (field.unwrap() as z.ZodType) : field;
  return [description, fieldsOf(whole)].filter(Boolean).join(': ');
}

await mkdir(values.out, { recursive: true });
for (const [page, parts] of Object.entries(PAGES)) {
  let text = await readFile(join('docs', page), 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/${page} has no ${begin} … ${end}`);
    text = `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(to)}`;
  }
  await writeFile(join(values.out, page), text);
}
