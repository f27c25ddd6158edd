/** How each named network is trained unless the command says otherwise: epochs, batch, optimiser, schedule, augmentation. */
import { PhizError } from '../core/error.js';
import { type AugmentOptions, DEFAULT_AUGMENT, NO_AUGMENT } from './augment.js';
import type { CrossEntropyOptions } from './losses/cross-entropy.js';
import type { DetectionLossOptions } from './losses/detection.js';
import { adam, adamW, type Optimiser } from './optimiser.js';
import { oneCycle, reduceOnPlateau, type Schedule } from './schedule.js';

/** How a network is trained: epochs, batches, optimiser, schedule, augmentation. */
export interface Recipe {
  readonly epochs: number;
  readonly batch: number;
  /**
   * 'samples': a batch is cut into as many parts as there are threads, each with batch statistics of its own; 'operators': one
   * graph sees the whole batch, and its operators share the threads.
   */
  readonly parallel: 'samples' | 'operators';
  readonly optimiser: Optimiser;
  /** The highest learning rate, and what becomes of it over the run. */
  readonly rate: number;
  readonly schedule: (rate: number) => Schedule;
  /** Largest norm of the gradients; 0: none. */
  readonly clip: number;
  /** Decay of the average of the weights; 0: none is kept. */
  readonly average: number;
  readonly augment: AugmentOptions;
  /** 0 shows each sample once an epoch, 1 all classes equally often; between: in proportion to count^(1 − balance). */
  readonly balance: number;
  /** Side of the training view in units of the image's shorter side. */
  readonly cover: number;
  /** How a detector's box becomes the training view (scripts/measure-crop.ts measures it): goes into the card. */
  readonly crop: { readonly margin: number; readonly shift: number };
  /** Whether faces are seen mirrored too, in use (the card's `mirror`). */
  readonly mirror: boolean;
  readonly loss: CrossEntropyOptions;
  /** Weights of the parts of a detector's or refiner's loss. */
  readonly detection: DetectionLossOptions;
  /** Weight of the FER+ votes in the targets, 0–1 (FER-2013 only). */
  readonly ferPlus: number;
  /** Part of each target that other networks' answers are, 0–1 (classes only; `targets.json` beside the data). */
  readonly distil: number;
  /** How far uphill the gradients are taken that move the weights (trainer.ts); 0: not at all. */
  readonly sharpness: number;
  /**
   * On what each epoch of FER-2013 is judged. 'public': PublicTest. 'all-test': PublicTest and PrivateTest together, as the report did,
   * which also steers the learning rate; PublicTest alone still chooses the epoch.
   */
  readonly judgedOn: 'public' | 'all-test';
}

const base = {
  parallel: 'samples',
  clip: 5,
  average: 0.998,
  augment: {},
  balance: 0,
  cover: 1,
  crop: { margin: 1.09, shift: 0 },
  mirror: false,
  loss: {},
  detection: {},
  ferPlus: 0,
  distil: 0,
  sharpness: 0,
  judgedOn: 'public',
} as const;

/** The report's own training: Keras's Adam at 0.0005, flips only, the rate cut at plateaus. */
const report: Recipe = {
  ...base,
  epochs: 30,
  batch: 64,
  parallel: 'operators',
  optimiser: adam({ epsilon: 1e-7 }),
  rate: 5e-4,
  schedule: (rate) => reduceOnPlateau({ rate, factor: 0.1, patience: 2, floor: 1e-5 }),
  clip: 0,
  average: 0,
  augment: { ...NO_AUGMENT, flip: 0.5 },
  judgedOn: 'all-test',
};

/**
 * As github.com/oarriaga/face_classification trains mini-Xception: Adam at 0.001, cut to a tenth where the loss has stood still for 12
 * epochs, images turned, moved, scaled and mirrored. Its batches are of 32 (two halves of 32 here), it adds an L2 penalty of 0.01 on
 * the two first kernels, which is left out, and it goes on until the loss has not fallen for 50 epochs: its file is of epoch 102.
 */
const miniXception: Recipe = {
  ...base,
  epochs: 100,
  batch: 64,
  optimiser: adam(),
  rate: 1e-3,
  schedule: (rate) => reduceOnPlateau({ rate, factor: 0.1, patience: 12, floor: 1e-5 }),
  clip: 0,
  average: 0,
  augment: { ...NO_AUGMENT, flip: 0.5, rotate: 10, shift: 0.1, scale: [0.9, 1.1] },
};

/** How emotion and age are trained from the beginning. */
const classifier: Recipe = {
  ...base,
  epochs: 24,
  batch: 64,
  optimiser: adamW({ weightDecay: 0.02 }),
  rate: 3e-3,
  schedule: (rate) => oneCycle({ rate, rise: 0.2 }),
  mirror: true,
};

const RECIPES: Readonly<Record<string, Recipe>> = {
  emotion: {
    ...classifier,
    augment: {
      shift: 0.08,
      rotate: 18,
      scale: [0.85, 1.2],
      blur: 0.2,
      blurFactor: 4,
      dark: 0.08,
      noise: 0.15,
      erase: 0.2,
      mixup: 0.1,
    },
    loss: { labelSmoothing: 0.05 },
    ferPlus: 0.3,
  },
  age: {
    ...classifier,
    augment: {
      shift: 0.08,
      rotate: 30,
      scale: [0.85, 1.25],
      blur: 0.2,
      blurFactor: 4,
      dark: 0.1,
      noise: 0.2,
      erase: 0.15,
      mixup: 0,
    },
    crop: { margin: 1.06, shift: 0.083 },
  },
  detector: {
    ...base,
    epochs: 24,
    batch: 16,
    optimiser: adamW({ weightDecay: 0.01 }),
    rate: 3e-3,
    schedule: (rate) => oneCycle({ rate, rise: 0.15 }),
    clip: 10,
  },
  refiner: {
    ...base,
    epochs: 30,
    batch: 128,
    optimiser: adamW({ weightDecay: 0.02 }),
    rate: 3e-3,
    schedule: (rate) => oneCycle({ rate, rise: 0.15 }),
    clip: 10,
    crop: { margin: 1.9, shift: 0 },
    mirror: true,
    // Boxes and landmarks are why it looks again; in units of the box its landmarks' errors are small numbers.
    detection: { boxFactor: 4, landmarkFactor: 10 },
  },
  small: report,
  big: report,
  'mini-xception': miniXception,
};

/** The recipe of a network's name. Throws PhizError `invalid-option` where none is known. */
export function recipeFor(name: string): Recipe {
  const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
  if (recipe) return recipe;
  throw new PhizError('invalid-option', `there is no recipe for a network '${name}'; known: ${Object.keys(RECIPES).join(', ')}`);
}

/**
 * Lighter augmentation, for a second cycle that starts from trained weights: nothing is mixed or erased, images are turned and
 * blurred less. Shift and scale stay: they stand for a detector's boxes.
 */
export function lighter(augment: AugmentOptions): AugmentOptions {
  const { rotate = DEFAULT_AUGMENT.rotate, blur = DEFAULT_AUGMENT.blur } = augment;
  return { ...augment, mixup: 0, erase: 0, rotate: rotate * 0.6, blur: blur * 0.5 };
}
