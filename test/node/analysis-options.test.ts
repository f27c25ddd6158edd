/** The options of an analysis: one list, from which checks, help texts, the service's query and the pages are made. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { checkOptions } from '#dist/analyze/options.js';
import { addAnalysisOptions } from '#dist/cli/analysis-options.js';
import { checkNames } from '#dist/core/check.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { ANALYSIS_OPTIONS, faultOf } from '#dist/results/analysis-options.js';
import { clipQuery, photoQuery } from '#dist/server/query.js';

const page = (name: string) => readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), 'utf8');
const NAMES = Object.keys(ANALYSIS_OPTIONS);
const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe.each(NAMES)('%s', (name) => {
  const { without, must } = ANALYSIS_OPTIONS[name]!;

  it('is checked alike by the library and on the command line', () => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    addAnalysisOptions(command, ANALYSIS_OPTIONS);
    const parse = (value: string) => command.parse([`--${kebab(name)}`, value], { from: 'user' }).opts()[name];
    const fine = name === 'minConfidence' ? 0.5 : 64;
    expect(parse(String(fine))).toBe(fine);
    checkOptions({ [name]: fine });
    for (const bad of ['-1', 'many', '']) {
      expect(() => parse(bad), bad).toThrow(`It must be ${must}.`);
      expect(() => checkOptions({ [name]: bad === '' ? Number.NaN : Number(bad) }), bad).toThrow(`${name} must be ${must}; got`);
    }
    expect(faultOf(name, undefined)).toBeUndefined();
  });

  it('stands in the service’s query and in the pages, with what holds without it', () => {
    const schemas = { ...photoQuery.shape, ...clipQuery.shape } as Record<string, { description?: string }>;
    expect(schemas[name]!.description).toContain(`(default: ${without})`);
    expect(page('http')).toContain(`\`${name}\``);
    const row = page('analyze')
      .split('\n')
      .find((line) => line.startsWith(`| \`--${kebab(name)} <`));
    expect(row?.split('|')[2]?.trim().replace(' frames', '')).toBe(without);
  });
});

it('names the nearest where there is no such option', async () => {
  expect(() => checkOptions({ minface: 3 } as object)).toThrow("there is no option 'minface'; did you mean 'minFace'?");
  expect(() => checkNames({ colour: 1 }, ['device', 'threads'])).toThrow("there is no option 'colour'; known: device, threads");
  await expect(createAnalyzer({ treads: 1 } as object)).rejects.toMatchObject({
    code: 'invalid-option',
    message: "there is no option 'treads'; did you mean 'threads'?",
  });
});
