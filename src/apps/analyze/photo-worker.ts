/** The thread that photo-pool.ts starts: has an analyzer of its own and does the photos that it is asked for, as many at a time. */
import { workerData } from 'node:worker_threads';
import { createOneThreadAnalyzer } from '../../node/create-analyzer.js';
import { serveCalls } from '../../node/threads/serve-calls.js';
import { analyzePhoto } from './analyze-photo.js';
import type { PhotoAnswer, PhotoRequest, PhotoThreadData } from './photo-messages.js';

const { analyzer: options, settings } = workerData as PhotoThreadData;
const opening = createOneThreadAnalyzer(options);
opening.catch(() => {}); // whoever asks is told

serveCalls<PhotoRequest, PhotoAnswer>(
  async (request) => {
    const analyzer = await opening;
    return request === 'models' ? analyzer.models : analyzePhoto(analyzer, request, settings);
  },
  { inTurn: false },
);
