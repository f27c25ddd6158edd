/** The thread on which OpenCV.js runs one detector's model: 10 MB of WebAssembly that block whoever calls. Started by opencv-thread.ts. */
import { workerData } from 'node:worker_threads';
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import { serveCalls } from '../threads/serve-calls.js';
import { type CascadeClassifier, calling, loadOpenCv, type Net, type OpenCv, withFile } from './opencv.js';
import type { OpenCvFiles, OpenCvRequest } from './opencv-messages.js';

/** The network's mean of blue, green and red (how_to_train_face_detector.txt beside it). */
const SSD_MEAN = [104, 177, 123, 0];

/** Each size of window is this much larger than the one before: OpenCV's default. */
const SCALE_STEP = 1.1;

type Run = (image: Image) => Float32Array;

function openSsd(cv: OpenCv, { weights, description }: Extract<OpenCvFiles, { kind: 'ssd' }>): Run {
  const net: Net = calling(cv, () =>
    withFile(cv, 'weights.pb', weights, (pb) =>
      withFile(cv, 'network.pbtxt', description, (pbtxt) => cv.readNetFromTensorflow(pb, pbtxt)),
    ),
  );
  return ({ width, height, data }) => {
    const mat = new cv.Mat(height, width, cv.CV_8UC3);
    try {
      mat.data.set(data);
      const blob = cv.blobFromImage(mat, 1, { width, height }, SSD_MEAN, false, false);
      try {
        net.setInput(blob);
        const out = net.forward();
        const rows = out.data32F.slice();
        out.delete();
        return rows;
      } finally {
        blob.delete();
      }
    } finally {
      mat.delete();
    }
  };
}

function openHaar(cv: OpenCv, { cascade }: Extract<OpenCvFiles, { kind: 'haar' }>): Run {
  const classifier: CascadeClassifier = new cv.CascadeClassifier();
  const loaded = calling(cv, () => withFile(cv, 'cascade.xml', cascade, (path) => classifier.load(path)));
  if (!loaded) throw new PhizError('model-damaged', 'OpenCV.js does not take this cascade');
  return ({ width, height, data }) => {
    const mat = new cv.Mat(height, width, cv.CV_8UC1);
    const [boxes, levels, margins] = [new cv.RectVector(), new cv.IntVector(), new cv.DoubleVector()];
    try {
      mat.data.set(data);
      cv.equalizeHist(mat, mat);
      // No neighbours wanted: every window comes, and detect/haar-windows.ts groups them.
      const any = new cv.Size(0, 0);
      classifier.detectMultiScale3(mat, boxes, levels, margins, SCALE_STEP, 0, 0, any, any, true);
      const rows = new Float32Array(5 * boxes.size());
      for (let i = 0; i < boxes.size(); i++) {
        const box = boxes.get(i);
        rows.set([box.x, box.y, box.width, box.height, margins.get(i)], 5 * i);
      }
      return rows;
    } finally {
      for (const native of [mat, boxes, levels, margins]) native.delete();
    }
  };
}

async function open(files: OpenCvFiles): Promise<Run> {
  const cv = await loadOpenCv();
  // Its own handlers would turn every stray error of this thread into an abort of the runtime.
  for (const event of ['uncaughtException', 'unhandledRejection']) process.removeAllListeners(event);
  const run = files.kind === 'ssd' ? openSsd(cv, files) : openHaar(cv, files);
  return (image) => calling(cv, () => run(image));
}

const opening = open(workerData as OpenCvFiles);
opening.catch(() => {}); // told to whoever asks
serveCalls(
  async (request: OpenCvRequest) => {
    const run = await opening;
    return request === 'open' ? new Float32Array(0) : run(request);
  },
  { handedOver: ({ buffer }) => [buffer as ArrayBuffer] },
);
