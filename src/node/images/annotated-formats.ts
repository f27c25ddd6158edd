/** The formats of annotated photos, an entry each; the first that suits a photo is written. */
import type { ImageFormat } from './encode.js';

export interface AnnotatedImageFormat {
  /** The file is called `<name>.<ending>`. */
  readonly ending: string;
  readonly format: ImageFormat;
  /** Whether it suits a photo: its path, or its encoded bytes. */
  suits(photo: string | Uint8Array): boolean;
}

export const ANNOTATED_IMAGES: readonly AnnotatedImageFormat[] = [
  { ending: 'annotated.jpg', format: 'jpeg', suits: isLossy },
  { ending: 'annotated.png', format: 'png', suits: () => true },
];

/** The format that suits a photo. */
export function annotatedImageFormat(photo: string | Uint8Array): AnnotatedImageFormat {
  return ANNOTATED_IMAGES.find(({ suits }) => suits(photo))!;
}

/** What was compressed with losses need not be kept without; PNG takes three times as long and four times the room. */
function isLossy(photo: string | Uint8Array): boolean {
  return typeof photo === 'string'
    ? /\.(jpe?g|jpe|jfif|webp|avif|hei[cf]|jxl|jp2|j2k|jpx)$/i.test(photo)
    : photo[0] === 0xff && photo[1] === 0xd8;
}
