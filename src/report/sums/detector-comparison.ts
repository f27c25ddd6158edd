/** Face detectors side by side, as plain data: what `detectors.json` holds and tables, plot and page show. How it is measured is in src/node. */

/** Precision and recall of all detections from `score` up. */
export interface PrecisionRecallPoint {
  readonly score: number;
  readonly precision: number;
  readonly recall: number;
}

/** One detector's metrics. Those that make no sense for it, or are not known, are null. */
export interface ComparedDetector {
  readonly name: string;
  readonly version: string;
  /** At an IoU of 0.5, with its 95 % interval from resampling the images. */
  readonly averagePrecision: number;
  readonly interval: readonly [number, number];
  /** At an IoU of 0.3, where the shape of boxes matters less. */
  readonly averagePrecision30: number;
  /** Share of faces found at any score; and with at most so many false positives in all images together. */
  readonly recall: number;
  readonly recallAt: readonly { readonly falsePositives: number; readonly recall: number; readonly score: number }[];
  /** From pixels in memory to boxes, an image: the median, and the 10th and 90th hundredth. */
  readonly milliseconds: { readonly median: number; readonly low: number; readonly high: number };
  /** Most memory that its process held at once, in bytes, Node and the reading of images included. */
  readonly peakMemory: number;
  /** Numbers that were learnt. */
  readonly parameters: number | null;
  /** An image, on average over the images. */
  readonly multiplyAdds: number | null;
  /** Best score first, thinned out. */
  readonly curve: readonly PrecisionRecallPoint[];
}

export interface DetectorComparison {
  readonly data: 'FDDB' | 'labels';
  readonly images: number;
  readonly faces: number;
  /** Detections below were not asked for. */
  readonly scoreThreshold: number;
  /** Threads of ONNX Runtime, and the machine that the times are of. */
  readonly threads: number;
  readonly machine: string;
  /** Peak memory in bytes of a process that reads the same images and looks for nothing. */
  readonly readingMemory: number;
  /** In the order asked for. */
  readonly detectors: readonly ComparedDetector[];
  /** Detectors that are not here, and what brings them. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}
