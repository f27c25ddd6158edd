/** The Study tab in Chromium, with a fake camera: from a plan to the report, and the study as one file. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStudy } from '#dist/node/index.js';
import { frameResultSchema } from '#dist/results/video-result.js';
import type { StudyResult } from '#dist/study/study-result.js';
import { writeShortClip } from '../node/fixtures/short-clip.js';
import { needs } from '../node/needs.js';
import { cameraClip, type OpenPage, openBrowserPage, sample } from './fixtures/browser-page.js';

const executable = needs.chromium();
const ffmpeg = needs.ffmpeg();

const CONSENT = 'We look at what faces show while people watch.\nYou may stop at any time.';

describe.skipIf(!executable || !ffmpeg)('a study in the page', () => {
  let camera: Awaited<ReturnType<typeof cameraClip>>;
  let folder: string;
  let film: string;
  beforeAll(async () => {
    camera = await cameraClip(ffmpeg!);
    folder = await mkdtemp(join(tmpdir(), 'phiz-page-study-'));
    film = join(folder, 'film.mp4');
    await writeShortClip(film, sample('expressions.mp4'), 3);
  });
  afterAll(async () => {
    await camera?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('is planned, recorded, summed up as phiz study does, saved, and opened again', async () => {
    await using opened = await openBrowserPage({ executable: executable!, camera: camera.path, path: '#study' });
    const { page, requests, complaints, url } = opened;
    await page.locator('[data-testid=engine][data-state=ready]').waitFor();
    const begin = page.getByRole('button', { name: 'Begin' });
    expect(await begin.isDisabled()).toBe(true);
    await page.getByText('the study needs a stimulus and the words that participants agree to').waitFor();
    await page.getByLabel('Title of the study').fill('Film and faces');
    await page.getByLabel('What participants read').fill(CONSENT);
    await page.getByLabel('Add clips or images').setInputFiles([film, sample('faces.png')]);
    await page.getByRole('img', { name: 'Stimulus faces' }).waitFor();
    await change(page, 'Shown for (seconds)', '3');
    await change(page, 'Neutral face before each', '1');
    await moment(page, 'film', 'start', '0', '1,5');
    await moment(page, 'faces', 'start', '0', '1.5');
    // What is wrong with a moment is said, and it is not added.
    for (const [label, from, to, says] of [
      ['end', '1', '2', "'end' overlaps 'start'"],
      ['end', '2', '9', 'the stimulus ends at 3.0 s'],
      ['start', '2', '2.5', "'film' has the moment 'start' twice"],
      ['', '2', '2.5', 'a moment needs a name'],
      ['end', '2', 'soon', 'from and to need seconds'],
    ] as const) {
      await moment(page, 'film', label, from, to);
      await page.getByRole('alert').filter({ hasText: says }).waitFor();
    }
    expect(await page.getByRole('list', { name: 'Moments of film' }).getByRole('listitem').count()).toBe(1);
    await page.getByLabel('The study is about').selectOption('happy');

    for (const participant of ['p1', 'p2']) {
      await begin.click();
      const dialog = page.getByRole('dialog', { name: `Participant ${participant}` });
      await dialog.getByText('You may stop at any time.').waitFor();
      // Nobody is recorded who has not agreed: the camera is not even on.
      expect(await dialog.getByRole('button', { name: 'Go on' }).isDisabled()).toBe(true);
      expect(await page.evaluate("document.querySelector('dialog video').srcObject")).toBe(null);
      await dialog.getByLabel('I have read this').check();
      await dialog.getByRole('button', { name: 'Go on' }).click();
      await dialog.getByText('Face: one face').first().waitFor();
      await dialog.getByText('Size: large enough').first().waitFor();
      await dialog.getByText('Light: good').first().waitFor();
      await dialog
        .getByText(/Speed: \d+ frames\/s/)
        .first()
        .waitFor();
      await dialog.getByRole('button', { name: 'Start watching' }).click();
      await page.locator('dialog[data-phase=neutral]').waitFor();
      await page.locator('dialog[data-phase=playing]').waitFor();
      // Who begins with what changes.
      expect(await dialog.locator('.screen video').count()).toBe(participant === 'p1' ? 1 : 0);
      await dialog.getByText('1 of 2 are done').waitFor();
      await dialog.getByRole('button', { name: 'Go on' }).click();
      await dialog.getByText('Please hand the screen back').waitFor();
      await dialog.getByRole('button', { name: 'Finish' }).click();
    }
    const seen = page.getByRole('table', { name: /Recordings/ });
    expect(await seen.getByText(/\d+ % with a face/).count()).toBe(4);
    // What participants agreed to stays as it was.
    expect(await page.getByLabel('What participants read').isDisabled()).toBe(true);

    await page.getByRole('button', { name: 'Sum up' }).click();
    const answer = (await page.getByTestId('answer').textContent())!;
    expect(answer).toContain('This rests on 2 participants');
    const tab = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'Open the report' }).click();
    const report = await tab;
    await report.getByRole('heading', { name: 'Film and faces' }).waitFor();
    expect(await report.locator('figure svg').count()).toBeGreaterThanOrEqual(2);
    // The page's policy lets the report have its own style, and nothing else.
    expect(await report.evaluate("getComputedStyle(document.querySelector('main')).maxWidth")).not.toBe('none');
    await report.close();

    const result = JSON.parse((await opened.save('Result (JSON)')).text) as StudyResult;
    expect(result.participants).toEqual(['p1', 'p2']);
    expect(result.stimuli.map(({ stimulus }) => stimulus)).toEqual(['film', 'faces']);
    expect(result.quality.map(({ baseline }) => baseline)).toEqual(['used', 'used', 'used', 'used']);
    expect(result.comparisons.map(({ window }) => window)).toContain('start');
    const windows = (await opened.save('windows (CSV)')).text.trim().split(/\r?\n/);
    expect(windows).toHaveLength(1 + 2 * 2 * 2 * 7);

    // The command sums the saved study up to the same.
    const file = await savedStudy(opened, join(folder, 'saved.zip'));
    const entries = unzipSync(await readFile(file));
    expect(Object.keys(entries)).toContain('stimuli/1-film.mp4');
    expect(Buffer.from(entries['stimuli/1-film.mp4']!).equals(await readFile(film))).toBe(true);
    for (const [name, bytes] of Object.entries(entries)) {
      await mkdir(dirname(join(folder, 'saved', name)), { recursive: true });
      await writeFile(join(folder, 'saved', name), bytes);
    }
    const primary = [{ label: 'happy', window: 'whole' }];
    const { result: again } = await runStudy(join(folder, 'saved/design.json'), { primary });
    expect(JSON.parse(JSON.stringify(again))).toEqual(result);

    // Times of frames are those of the recording: a second of a neutral face, then the stimulus.
    const lines = Buffer.from(entries['recordings/p1-film.frames.ndjson']!).toString().trim().split('\n');
    const times = lines.map((line) => frameResultSchema.parse(JSON.parse(line)).timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(0);
    expect(times[0]).toBeLessThan(1);
    expect(times.at(-1)).toBeLessThanOrEqual(4.1);

    page.on('dialog', (dialog) => dialog.accept());
    await page.reload();
    await page.getByLabel('Open a saved study').setInputFiles(file);
    await page.getByText('p2', { exact: true }).waitFor();
    expect(await page.getByLabel('What participants read').inputValue()).toBe(CONSENT);
    await page.getByRole('button', { name: 'Sum up' }).click();
    expect(await page.getByTestId('answer').textContent()).toBe(answer);
    // Who takes the consent back is gone.
    await page.getByRole('button', { name: 'Delete p1' }).click();
    expect(await seen.getByRole('row').count()).toBe(2);

    await refusedFiles(page, file);
    expect(requests.filter((address) => !address.startsWith(url))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('stops with Escape and without consent, keeps nothing of it, and fits 360 pixels', async () => {
    await using opened = await openBrowserPage({ executable: executable!, camera: camera.path, path: '#study', width: 360 });
    const { page } = opened;
    await page.locator('[data-testid=engine][data-state=ready]').waitFor();
    await page.getByLabel('What participants read').fill(CONSENT);
    await page.getByLabel('Add clips or images').setInputFiles(sample('README.md'));
    await page.getByRole('alert').filter({ hasText: 'README.md neither as a clip nor as an image' }).waitFor();
    await page.getByLabel('Add clips or images').setInputFiles(sample('faces.png'));
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByRole('button', { name: 'I do not agree' }).click();
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByLabel('I have read this').check();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Face: one face').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.getByRole('button', { name: 'Start watching' }).click();
    await page.locator('dialog[data-phase=playing]').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.getByRole('table').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Sum up' }).isDisabled()).toBe(true);
    expect(opened.complaints).toEqual([]);
  });
});

/** Fills a field and leaves it. */
async function change(page: Page, label: string, value: string): Promise<void> {
  await page.getByLabel(label).fill(value);
  await page.getByLabel(label).blur();
}

async function moment(page: Page, stimulus: string, label: string, from: string, to: string): Promise<void> {
  const form = page.getByRole('form', { name: `A moment of ${stimulus}` });
  await form.getByLabel('Moment').fill(label);
  await form.getByLabel('from (s)', { exact: true }).fill(from);
  await form.getByLabel('to (s)', { exact: true }).fill(to);
  await form.getByRole('button', { name: 'Add' }).click();
}

async function savedStudy({ page }: OpenPage, path: string): Promise<string> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the study (ZIP)' }).click();
  await (await coming).saveAs(path);
  return path;
}

/** Files that are no saved study leave the one that is open. */
async function refusedFiles(page: Page, good: string): Promise<void> {
  const entries = unzipSync(await readFile(good));
  const { 'plan.json': plan } = entries;
  const changed = (change: (plan: Record<string, unknown>) => unknown) =>
    zipSync({ ...entries, 'plan.json': strToU8(JSON.stringify(change(JSON.parse(Buffer.from(plan!).toString())))) });
  const frames = Object.keys(entries).find((name) => name.endsWith('.frames.ndjson'))!;
  const { [frames]: _, ...without } = entries;
  for (const [bytes, says] of [
    [strToU8('no zip'), 'is not a saved study: it is no zip archive'],
    [zipSync({ 'other.txt': strToU8('') }), 'is not a saved study: it lacks plan.json'],
    [changed((one) => ({ ...one, version: 7 })), 'is damaged: plan.json, version'],
    [changed((one) => ({ ...one, stimuli: [] })), "is damaged: there is no stimulus 'film'"],
    [zipSync(without), `it lacks ${frames}`],
    [zipSync({ ...entries, [frames]: strToU8('{"frame":') }), `${frames}, line 1: this is not JSON`],
  ] as const) {
    await page.getByLabel('Open a saved study').setInputFiles({
      name: 'bad.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from(bytes),
    });
    await page.getByRole('alert').filter({ hasText: says }).waitFor();
  }
  expect(await page.getByText('p2', { exact: true }).count()).toBe(1);
}
