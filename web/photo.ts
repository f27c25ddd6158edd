/** A photo from its file to the screen, and the files that can be saved of it. */
import {
  type BrowserAnalyzer,
  facesCsvHeader,
  facesCsvRows,
  PhizError,
  type PhotoResult,
  photoResult,
} from '#dist/browser/index.js';
import type { SaveFile } from './save.js';
import { type ShownFace, Stage } from './stage.js';

export interface PhotoView {
  readonly kind: 'photo';
  readonly name: string;
  readonly picture: ImageBitmap;
  readonly result: PhotoResult;
  readonly faces: readonly ShownFace[];
}

/** Reads the faces of an image file. Throws PhizError `not-an-image`, and what the analyzer throws. */
export async function openPhoto(file: File, analyzer: BrowserAnalyzer): Promise<PhotoView> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch (cause) {
    throw new PhizError('not-an-image', `${file.name} is no picture that this browser can decode`, { cause });
  }
  const result = photoResult(file.name, await analyzer.analyze(picture));
  // The numbers of the table: largest first, from 1.
  return { kind: 'photo', name: file.name, picture, result, faces: result.faces.map((face, i) => ({ ...face, person: i + 1 })) };
}

/** Draws a photo with its faces. */
export function drawPhoto(
  stage: Stage,
  { picture, faces }: PhotoView,
  { blur, chosen }: { readonly blur: boolean; readonly chosen: number | undefined },
): void {
  const { width, height } = picture;
  stage.draw({ picture, width, height, faces, hide: blur ? faces.map(({ box }) => box) : [], mirror: false, chosen });
}

/** The files of a photo: those that `phiz analyze` writes, under the same names. */
export function photoFiles(view: PhotoView, blur: boolean): readonly SaveFile[] {
  const { result } = view;
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
      make: () => new Blob([facesCsvHeader(), facesCsvRows(result)], { type: 'text/csv' }),
    },
    { label: 'Picture (PNG)', name: `${name}.annotated.png`, make: () => annotated(view, blur) },
  ];
}

async function annotated(view: PhotoView, blur: boolean): Promise<Blob> {
  const canvas = document.createElement('canvas');
  drawPhoto(new Stage(canvas, { fixed: true }), view, { blur, chosen: undefined });
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser did not encode it'))), 'image/png'),
  );
}
