/** A process that decodes and analyses photos, one at a time. */
import { photoResult } from '../analyze/photo-result.js';
import { createAnalyzer } from '../node/create-analyzer.js';
import { readImage } from '../node/images/read-image.js';
import type { PhotoResult } from '../results/result.js';
import type { ModelList } from '../results/service.js';
import { checkLook } from './look-limit.js';
import type { PhotoOrder, PhotoRequest } from './photo-messages.js';
import { servePool } from './serve-pool.js';

servePool<PhotoOrder, PhotoRequest, ModelList['inUse'], PhotoResult>(async ({ models, maxPixels, maxUpload }) => {
  const analyzer = await createAnalyzer(models);
  return {
    ready: analyzer.models,
    async answer({ name, limits }, bytes, signal) {
      const warnings: string[] = [];
      const onWarning = (warning: string) => warnings.push(warning);
      const image = await readImage(bytes, { maxPixels, maxBytes: maxUpload, name: 'the upload', onWarning });
      checkLook(image, limits);
      return photoResult(name, await analyzer.analyze(image, { ...limits, signal }), warnings);
    },
  };
});
