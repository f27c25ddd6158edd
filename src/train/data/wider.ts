/**
 * Label files in the style of WIDER FACE's landmark lists: a line `# path width height` for each picture, then a line for each
 * face: `x1 y1 x2 y2  lx ly rx ry nx ny mlx mly mrx mry  score`, the landmarks named from the viewer. `-1 …` for landmarks means
 * that none are known, `-2 … ignore` that the region may or may not be a face. Parses text; reads no files and no pictures.
 */
import { PhizError } from '../../core/error.js';
import { type BoundingBox, type Landmarks, landmarksOf, mapLandmarks, type Point } from '../../core/geometry.js';

/** A face as somebody labelled it, in pixels of its picture. */
export interface LabelledFace {
  readonly box: BoundingBox;
  /** Absent where nobody knows them. */
  readonly landmarks?: Landmarks;
  /** A region that counts neither as a face nor as background. */
  readonly ignore: boolean;
}

/** A picture and its faces; none at all makes it a negative. */
export interface FaceRecord {
  /** Relative to the folder of pictures. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly faces: readonly LabelledFace[];
}

/**
 * Parses such a label file. Throws PhizError `invalid-data` naming `where` and the line that cannot be read.
 */
export function parseFaceLabels(text: string, where = 'labels.txt'): readonly FaceRecord[] {
  const records: { path: string; width: number; height: number; faces: LabelledFace[] }[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (line === '') continue;
    if (line.startsWith('#')) {
      const header = /^#\s*(\S.*?)\s+(\d+)\s+(\d+)$/.exec(line);
      if (!header) throw new PhizError('invalid-data', `${where}:${i + 1}: expected "# path width height", got "${line}"`);
      records.push({ path: header[1]!, width: Number(header[2]), height: Number(header[3]), faces: [] });
      continue;
    }
    const record = records.at(-1);
    if (!record) throw new PhizError('invalid-data', `${where}:${i + 1}: a face before the first "# path width height" line`);
    record.faces.push(parseFace(line, `${where}:${i + 1}`));
  }
  return records;
}

function parseFace(line: string, where: string): LabelledFace {
  const fields = line.split(/\s+/);
  const values = fields.slice(0, 14).map(Number);
  const [x1, y1, x2, y2] = values as [number, number, number, number];
  if (values.length < 14 || values.some((value) => !Number.isFinite(value)) || x2 <= x1 || y2 <= y1)
    throw new PhizError('invalid-data', `${where}: expected "x1 y1 x2 y2", five landmarks and a score, got "${line}"`);
  const box = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  if (values[4] === -2 || fields[14] === 'ignore') return { box, ignore: true };
  // A landmark may lie a little beyond the picture's edge, so only -1 throughout says "unknown".
  if (values.slice(4).every((value) => value === -1)) return { box, ignore: false };
  const point = (index: number) => ({ x: values[4 + 2 * index]!, y: values[5 + 2 * index]! });
  return { box, landmarks: landmarksOf(point), ignore: false };
}

/** A record whose picture is now `width`×`height`: faces move and shrink with it. */
export function scaleRecord(record: FaceRecord, width: number, height: number): FaceRecord {
  if (record.width === width && record.height === height) return record;
  const sx = width / record.width;
  const sy = height / record.height;
  const faces = record.faces.map(({ box, landmarks, ignore }): LabelledFace => {
    const scaled = { x: box.x * sx, y: box.y * sy, width: box.width * sx, height: box.height * sy };
    if (!landmarks) return { box: scaled, ignore };
    const move = ({ x, y }: Point): Point => ({ x: x * sx, y: y * sy });
    return { box: scaled, landmarks: mapLandmarks(landmarks, move), ignore };
  });
  return { path: record.path, width, height, faces };
}
