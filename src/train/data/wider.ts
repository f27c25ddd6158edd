/**
 * Label files in the style of WIDER FACE's landmark lists: a line `# path width height` for each image, then a line for each
 * face: `x1 y1 x2 y2  lx ly rx ry nx ny mlx mly mrx mry  score`, the landmarks named from the viewer. `-1 …` for landmarks means
 * that none are known, `-2 … ignore` that the region may or may not be a face, `-3 … mistaken` that it is none, though a detector took it
 * for one. Reads and writes text; opens no files and no images.
 */
import { PhizError } from '../../core/error.js';
import { type BoundingBox, LANDMARK_ORDER, type Landmarks, landmarksOf, mapLandmarks, scaleBox } from '../../core/geometry.js';

/** A face as somebody labelled it, in pixels of its image. */
export interface LabelledFace {
  readonly box: BoundingBox;
  /** Absent where nobody knows them. */
  readonly landmarks?: Landmarks;
  /** A region that counts neither as a face nor as background. */
  readonly ignore: boolean;
  /** How much of a face it is, 0–1, as a teacher sees it; 1 where absent. */
  readonly score?: number;
}

/** An image and its faces; none at all makes it a negative. */
export interface FaceRecord {
  /** Relative to the folder of images. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly faces: readonly LabelledFace[];
  /** What a detector took for a face and is none: worth showing again. */
  readonly mistaken?: readonly BoundingBox[] | undefined;
}

/**
 * Parses such a label file. Throws PhizError `invalid-data` naming `where` and the line that cannot be read.
 */
export function parseFaceLabels(text: string, where = 'labels.txt'): readonly FaceRecord[] {
  const records: { path: string; width: number; height: number; faces: LabelledFace[]; mistaken: BoundingBox[] }[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (line === '') continue;
    if (line.startsWith('#')) {
      const header = parseImageLine(line);
      if (!header) throw new PhizError('invalid-data', `${where}:${i + 1}: expected "# path width height", got "${brief(line)}"`);
      records.push({ ...header, faces: [], mistaken: [] });
      continue;
    }
    const record = records.at(-1);
    if (!record) throw new PhizError('invalid-data', `${where}:${i + 1}: a face before the first "# path width height" line`);
    const { kind, face } = parseFace(line, `${where}:${i + 1}`);
    if (kind === 'mistaken') record.mistaken.push(face.box);
    else record.faces.push(face);
  }
  return records;
}

/** Reads a line `# path width height`, whose path may hold blanks; in time proportional to its length. */
function parseImageLine(line: string): Pick<FaceRecord, 'path' | 'width' | 'height'> | undefined {
  const words = line.slice(1).trim().split(/\s+/);
  const [width, height] = words.slice(-2);
  if (words.length < 3 || !/^\d{1,9}$/.test(width!) || !/^\d{1,9}$/.test(height!)) return undefined;
  const before = line.slice(1, line.length - height!.length).trimEnd();
  return { path: before.slice(0, before.length - width!.length).trim(), width: Number(width), height: Number(height) };
}

/** As much of a line as a message shows. */
function brief(line: string): string {
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}

function parseFace(line: string, where: string): { readonly kind: 'face' | 'mistaken'; readonly face: LabelledFace } {
  const fields = line.split(/\s+/);
  const values = fields.slice(0, 14).map(Number);
  const [x1, y1, x2, y2, mark] = values as [number, number, number, number, number];
  if (values.length < 14 || values.some((value) => !Number.isFinite(value)) || x2 <= x1 || y2 <= y1)
    throw new PhizError('invalid-data', `${where}: expected "x1 y1 x2 y2", five landmarks and a score, got "${brief(line)}"`);
  const box = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  if (mark === -3) return { kind: 'mistaken', face: { box, ignore: true } };
  if (mark === -2 || fields[14] === 'ignore') return { kind: 'face', face: { box, ignore: true } };
  const score = scoreOf(fields[14]);
  // A landmark may lie a little beyond the image's edge, so only -1 throughout says "unknown".
  if (values.slice(4).every((value) => value === -1)) return { kind: 'face', face: { box, ignore: false, ...score } };
  const point = (index: number) => ({ x: values[4 + 2 * index]!, y: values[5 + 2 * index]! });
  return { kind: 'face', face: { box, landmarks: landmarksOf(point), ignore: false, ...score } };
}

/** The last column, where it is a score. */
function scoreOf(field: string | undefined): { readonly score?: number } {
  const score = Number(field);
  return score > 0 && score <= 1 ? { score } : {};
}

/** The line that begins an image in such a file. */
export function imageLine({ path, width, height }: Pick<FaceRecord, 'path' | 'width' | 'height'>): string {
  return `# ${path} ${width} ${height}`;
}

/** A face's line, to a tenth of a pixel. */
export function faceLine({ box, landmarks, ignore, score = 1 }: LabelledFace): string {
  if (ignore) return `${corners(box)}${' -2'.repeat(10)} ignore`;
  if (!landmarks) return `${corners(box)}${' -1'.repeat(10)} ${score.toFixed(3)}`;
  const marks = LANDMARK_ORDER.map((name) => `${landmarks[name].x.toFixed(1)} ${landmarks[name].y.toFixed(1)}`).join(' ');
  return `${corners(box)} ${marks} ${score.toFixed(3)}`;
}

/** The line of what a detector took for a face and is none. */
export function mistakenLine(box: BoundingBox): string {
  return `${corners(box)}${' -3'.repeat(10)} mistaken`;
}

function corners({ x, y, width, height }: BoundingBox): string {
  return [x, y, x + width, y + height].map((value) => value.toFixed(1)).join(' ');
}

/** A record whose image is now `width`×`height`: faces move and shrink with it. */
export function scaleRecord(record: FaceRecord, width: number, height: number): FaceRecord {
  if (record.width === width && record.height === height) return record;
  const sx = width / record.width;
  const sy = height / record.height;
  const faces = record.faces.map((face) => scaleFace(face, sx, sy));
  const mistaken = record.mistaken?.map((box) => scaleBox(box, sx, sy));
  return { path: record.path, width, height, faces, mistaken };
}

/** A face of an image whose sides are now so many times as long. */
export function scaleFace(face: LabelledFace, sx: number, sy = sx): LabelledFace {
  const box = scaleBox(face.box, sx, sy);
  if (!face.landmarks) return { ...face, box };
  return { ...face, box, landmarks: mapLandmarks(face.landmarks, ({ x, y }) => ({ x: x * sx, y: y * sy })) };
}
