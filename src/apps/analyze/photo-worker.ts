/** The thread that photo-threads.ts starts: has an analyzer of its own and does one photo after the other. */
import { workerData } from 'node:worker_threads';
import { createOneThreadAnalyzer } from '../../node/create-analyzer.js';
import { loadSharp } from '../../node/images/sharp.js';
import { serveCalls } from '../../node/threads/serve-calls.js';
import { analyzePhoto } from './analyze-photo.js';
import type { PhotoAnswer, PhotoRequest, PhotoThreadData } from './photo-messages.js';

const { analyzer: options, settings } = workerData as PhotoThreadData;
const opening = createOneThreadAnalyzer(options);
opening.catch(() => {}); // whoever asks is told

serveCalls<PhotoRequest, PhotoAnswer>(async (request) => {
  const analyzer = await opening;
  if (request !== 'models') return analyzePhoto(analyzer, request, settings);
  // The threads share the cores; libvips would use all of them for each photo.
  (await loadSharp()).concurrency(1);
  return analyzer.models;
});
