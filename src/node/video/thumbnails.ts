/**
 * Small pictures of a clip for its report: a few dozen, evenly over what was analysed however long it is, and one of each
 * person's face. With `blur` faces are hidden in the former, and the latter are left out.
 */
import type { BoundingBox } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import type { FrameResult } from '../../core/video-result.js';
import { blurFaces } from '../../media/blur.js';
import type { ReportPictures } from '../../report/report-pictures.js';
import type { Thumbnail } from '../../report/video-report.js';
import { encodeImage } from '../encode.js';
import { loadSharp } from '../sharp.js';

export interface ThumbnailCollector {
  /** Takes what it needs of the picture before it returns. With `blur` what is in `hide` is hidden as well as the faces. */
  add(frame: FrameResult, image: Image, hide?: readonly BoundingBox[]): Promise<void>;
  read(): ReportPictures;
}

/** Longest side of a thumbnail, and side of a portrait, in pixels. */
const SIDE = 160;
const PORTRAIT = 96;

/** When there are more than so many thumbnails, every other one is dropped and the next are taken half as often. */
const MOST = 48;

/** Persons with a portrait, the first ones. */
const MOST_PORTRAITS = 64;

/** A new portrait must be so many times better (pixels times confidence) than the one there is. */
const BETTER = 1.5;

/** Side of a portrait in sides of the face's box. */
const MARGIN = 1.5;

export function createThumbnails({ blur = false }: { readonly blur?: boolean } = {}): ThumbnailCollector {
  let thumbnails: Thumbnail[] = [];
  let step = 0;
  let next = Number.NEGATIVE_INFINITY;
  const portraits = new Map<number, { readonly worth: number; readonly uri: string }>();

  const addThumbnail = async ({ timestamp }: FrameResult, image: Image, hidden: readonly BoundingBox[]): Promise<void> => {
    const small = await shrink(image);
    const scale = small.width / image.width;
    const boxes = hidden.map((box) => scaled(box, scale));
    thumbnails.push({ time: timestamp, uri: await toUri(boxes.length > 0 ? blurFaces(small, boxes) : small) });
    if (thumbnails.length > MOST) {
      thumbnails = thumbnails.filter((_, i) => i % 2 === 0);
      step = (thumbnails.at(-1)!.time - thumbnails[0]!.time) / (thumbnails.length - 1);
    }
    // A hair less, so that a frame just at the step is not missed by rounding.
    next = thumbnails.at(-1)!.time + step * 0.999;
  };

  const addPortraits = async ({ faces }: FrameResult, image: Image): Promise<void> => {
    for (const { person, box, measured, confidence } of faces) {
      const known = portraits.get(person);
      const worth = box.width * box.height * confidence;
      if (!measured || (known ? worth < BETTER * known.worth : portraits.size >= MOST_PORTRAITS)) continue;
      const uri = await cutOut(image, box);
      if (uri) portraits.set(person, { worth, uri });
    }
  };

  return {
    async add(frame, image, hide = []) {
      const hidden = blur ? [...frame.faces.map(({ box }) => box), ...hide] : [];
      if (frame.timestamp >= next) await addThumbnail(frame, image, hidden);
      if (!blur) await addPortraits(frame, image);
    },
    read: () => ({ thumbnails, portraits: new Map([...portraits].map(([person, { uri }]) => [person, uri])) }),
  };
}

function scaled({ x, y, width, height }: BoundingBox, scale: number): BoundingBox {
  return { x: x * scale, y: y * scale, width: width * scale, height: height * scale };
}

async function open({ width, height, channels, data }: Image) {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

async function shrink(image: Image): Promise<Image> {
  const small = (await open(image)).resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true }).removeAlpha();
  const { data, info } = await small.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels as 1 | 3, data };
}

/** The square about a face, within the picture; undefined where nothing of it lies inside. */
async function cutOut(image: Image, box: BoundingBox): Promise<string | undefined> {
  const side = Math.min(Math.max(box.width, box.height) * MARGIN, image.width, image.height);
  const width = Math.floor(side);
  if (width < 1) return undefined;
  const within = (centre: number, size: number) => Math.round(Math.min(Math.max(centre - width / 2, 0), size - width));
  const left = within(box.x + box.width / 2, image.width);
  const top = within(box.y + box.height / 2, image.height);
  const square = (await open(image)).extract({ left, top, width, height: width });
  const { data, info } = await square
    .resize(PORTRAIT, PORTRAIT, { fit: 'fill' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toUri({ width: info.width, height: info.height, channels: info.channels as 1 | 3, data });
}

async function toUri(image: Image): Promise<string> {
  return `data:image/webp;base64,${Buffer.from(await encodeImage(image, 'webp', { quality: 70 })).toString('base64')}`;
}
