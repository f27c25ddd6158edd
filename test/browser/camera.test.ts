/** The Camera tab in Chromium, with a fake camera that plays the sample clip. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrameResult, frameResultSchema, videoSummarySchema } from '#dist/results/video-result.js';
import { needs } from '../node/needs.js';
import { cameraClip, openBrowserPage, sample } from './fixtures/browser-page.js';

const executable = needs.chromium();
const ffmpeg = needs.ffmpeg();

describe.skipIf(!executable || !ffmpeg)('the camera', () => {
  let clip: Awaited<ReturnType<typeof cameraClip>>;
  beforeAll(async () => {
    clip = await cameraClip(ffmpeg!);
  });
  afterAll(() => clip?.remove());

  it('shows the face, follows its expressions, records and saves them, and asks for nothing elsewhere', async () => {
    await using opened = await openBrowserPage({ executable: executable!, camera: clip.path });
    const { page, requests, complaints, url } = opened;
    await page.getByRole('button', { name: 'Start camera' }).click();
    await page.locator('.stage[data-state=faces]').waitFor();
    await page.getByLabel('Small images in the report').check();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    // Once through the clip, from wherever it is, and a little more.
    await page.locator('.pill.recording', { hasText: /Recording ([89]|[1-9]\d) s/ }).waitFor();
    expect(await page.getByTestId('meter').textContent()).toMatch(/^\d+\.\d frames\/s · \d+ ms$/);
    await page.getByRole('button', { name: 'Stop recording' }).click();

    const { name, text } = await opened.save('Frames (NDJSON)');
    expect(name).toMatch(/^camera .*\.frames\.ndjson$/);
    const frames = text
      .trim()
      .split('\n')
      .map((line) => frameResultSchema.parse(JSON.parse(line)));
    expect(frames[0]).toMatchObject({ frame: 0, timestamp: 0 });
    const truth = (await readFile(sample('expressions.truth.csv'), 'utf8')).trim().split('\n').slice(1);
    expectRound(
      reigns(frames),
      truth.map((line) => line.split(',')[2]!).filter((label) => label !== UNSURE),
    );

    const summary = videoSummarySchema.parse(JSON.parse((await opened.save('Summary (JSON)')).text));
    expect(summary.clip).toMatchObject({ width: 640, height: 480, container: 'camera', analysedFrames: frames.length });
    expect(summary.people.length).toBeGreaterThan(0);
    const csv = (await opened.save('Table (CSV)')).text.trim().split(/\r?\n/);
    expect(csv.length - 1).toBeGreaterThanOrEqual(frames.length);
    const report = await opened.save('Report (HTML)');
    expect(report.name).toMatch(/\.report\.html$/);
    expect(report.text).toContain('Person 1');
    expect(report.text).toMatch(/<svg viewBox[\s\S]*<path/);
    expect(report.text).toContain('data:image/webp;base64,');

    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.locator('.stage[data-state=idle]').waitFor();
    expect(requests.filter((address) => !address.startsWith(url))).toEqual([]);
    expect(requests.some((address) => address.endsWith('/models/emotion.onnx'))).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('says when the camera is taken away, and keeps what was recorded', async () => {
    await using opened = await openBrowserPage({ executable: executable!, camera: clip.path });
    const { page } = opened;
    await page.getByRole('button', { name: 'Start camera' }).click();
    await page.locator('.stage[data-state=faces]').waitFor();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.locator('.pill.recording', { hasText: /Recording [1-9]/ }).waitFor();
    await page.evaluate(`{
      const [track] = document.querySelector('video').srcObject.getVideoTracks();
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }`);
    await page.locator('[data-state=lost]').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('The camera is gone');
    expect((await opened.save('Frames (NDJSON)')).text.split('\n').length).toBeGreaterThan(1);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.stage[data-state=faces]').waitFor();
  });

  it('fits 360 pixels, is worked by keyboard, and hides faces', async () => {
    await using opened = await openBrowserPage({ executable: executable!, camera: clip.path, width: 360 });
    const { page } = opened;
    await page.getByRole('tab', { name: 'Camera' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tabpanel', { name: 'Photo or video' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.stage[data-state=faces]').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.getByLabel('Hide faces').check();
    await page.getByLabel('Small images in the report').check();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.locator('.pill.recording', { hasText: /Recording [1-9]/ }).waitFor();
    await page.getByRole('button', { name: 'Stop recording' }).click();
    const { text } = await opened.save('Report (HTML)');
    expect(text).toContain('(faces are hidden)');
    expect(text).toContain('data-time=');
    expect(text).not.toContain('data-person=');
    await page
      .getByRole('status')
      .filter({ hasText: /^One face\. Person 1: \w+ \d+%, age / })
      .waitFor();
  });

  it('says that it is not allowed', async () => {
    await using opened = await openBrowserPage({ executable: executable!, camera: clip.path, allowed: false });
    await opened.page.getByRole('button', { name: 'Start camera' }).click();
    await opened.page.locator('[data-state=denied]').waitFor();
    expect(await opened.page.getByRole('alert').textContent()).toContain('Allow it in the browser’s address bar');
  });
});

describe.skipIf(!executable)('without a camera', () => {
  it('says that there is none', async () => {
    await using opened = await openBrowserPage({ executable: executable! });
    await opened.page.getByRole('button', { name: 'Start camera' }).click();
    await opened.page.locator('[data-state=no-camera]').waitFor();
    expect(await opened.page.getByRole('alert').textContent()).toContain('There is no camera');
  });
});

/** Comes after surprise in the clip, and may be taken for it: the mean face of fear has its mouth wide open. */
const UNSURE = 'fear';

/** The emotions that led for a quarter of a second and more, in order, but for the unsure one. */
function reigns(frames: readonly FrameResult[]): readonly string[] {
  const runs: { label: string; from: number; to: number }[] = [];
  for (const { timestamp, faces } of frames) {
    const label = faces[0]?.emotion?.label;
    if (label === undefined) continue;
    const last = runs.at(-1);
    if (last?.label === label) last.to = timestamp;
    else runs.push({ label, from: timestamp, to: timestamp });
  }
  const long = runs.filter(({ label, from, to }) => label !== UNSURE && to - from >= 0.25).map(({ label }) => label);
  return long.filter((label, i) => label !== long[i - 1]);
}

/** That one sequence goes round through the other, in order, at least once. */
function expectRound(seen: readonly string[], order: readonly string[]): void {
  const start = order.indexOf(seen[0]!);
  expect(seen.length).toBeGreaterThanOrEqual(order.length);
  expect(seen).toEqual(seen.map((_, i) => order[(start + i) % order.length]));
}
