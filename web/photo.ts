/** A photo from its file to the screen, and the files that can be saved of it. */
import { lookClosely } from '#dist/analyze/close-look.js';
import {
  type BoundingBox,
  type BrowserAnalyzer,
  facesCsvHeader,
  facesCsvRows,
  PhizError,
  type PhotoResult,
  photoResult,
  readImage,
} from '#dist/browser/index.js';
import type { SaveFile } from './save.js';
import { type ShownFace, Stage } from './stage.js';

/** What was found in a photo; the image itself stays in its file. */
export interface PhotoView {
  readonly kind: 'photo';
  readonly name: string;
  readonly file: File;
  readonly analyzer: BrowserAnalyzer;
  readonly result: PhotoResult;
  readonly faces: readonly ShownFace[];
}

/** A photo's image, as it is drawn. */
export interface PhotoBitmap {
  readonly bitmap: ImageBitmap;
  /** Where faces are hidden. */
  readonly hide: readonly BoundingBox[];
}

/** Reads the faces of an image file. Throws PhizError `not-an-image`, and what the analyzer throws. */
export async function openPhoto(file: File, analyzer: BrowserAnalyzer): Promise<PhotoView> {
  const bitmap = await decode(file);
  try {
    const result = photoResult(file.name, await analyzer.analyze(bitmap));
    // The numbers of the table: largest first, from 1.
    const faces = result.faces.map((face, i) => ({ ...face, person: i + 1 }));
    return { kind: 'photo', name: file.name, file, analyzer, result, faces };
  } finally {
    bitmap.close();
  }
}

/** The image of a photo; where faces are to be hidden, it is looked at as closely as it can be. The bitmap is the caller's to close. */
export async function photoBitmap({ file, analyzer, faces }: PhotoView, blur: boolean): Promise<PhotoBitmap> {
  const hide = blur ? [...faces.map(({ box }) => box), ...(await lookClosely(analyzer, await readImage(file)))] : [];
  return { bitmap: await decode(file), hide };
}

async function decode(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch (cause) {
    throw new PhizError('not-an-image', `${file.name} is not an image that this browser can decode`, { cause });
  }
}

/** Draws a photo with its faces. */
export function drawPhoto(
  stage: Stage,
  { faces, analyzer: { attributes } }: PhotoView,
  { bitmap, hide }: PhotoBitmap,
  chosen: number | undefined,
): void {
  const { width, height } = bitmap;
  stage.draw({ bitmap, width, height, faces, attributes, hide, mirror: false, chosen });
}

/** The files of a photo: those that `phiz analyze` writes, under the same names. */
export function photoFiles(view: PhotoView, blur: boolean): readonly SaveFile[] {
  const { result, analyzer } = view;
  const name = view.name.replace(/\.[^.]*$/, '') || 'photo';
  return [
    {
      label: 'Result (JSON)',
      name: `${name}.json`,
      make: () => new Blob([`${JSON.stringify(result, undefined, 2)}\n`], { type: 'application/json' }),
    },
    {
      label: 'Table (CSV)',
      name: `${name}.csv`,
      make: () => new Blob([facesCsvHeader(analyzer), facesCsvRows(result, analyzer)], { type: 'text/csv' }),
    },
    { label: 'Image (PNG)', name: `${name}.annotated.png`, make: () => annotated(view, blur) },
  ];
}

async function annotated(view: PhotoView, blur: boolean): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const bitmap = await photoBitmap(view, blur);
  drawPhoto(new Stage(canvas, { fixed: true }), view, bitmap, undefined);
  bitmap.bitmap.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser did not encode it'))), 'image/png'),
  );
}
