/**
 * The port of everything that a face shows. An attribute is one folder beside this file and one entry in the list of index.ts;
 * schemas, the analyzer, people over time, tables and labels go through that list and name none of its members.
 */
import type { z } from 'zod';
import { createClassifier, type FaceClassifier } from '../classify/classifier.js';
import type { FaceRegion } from '../classify/crop.js';
import type { Model } from '../core/card.js';
import type { Engine } from '../core/engine.js';
import type { Image } from '../core/image.js';
import type { Classes } from './classes/classes.js';

/** A cell of a table; null where there is nothing to say. */
export type Cell = number | string | boolean | null;

/** A column of a table of faces; each attribute's columns come in a row. */
export interface AttributeColumn<Value> {
  /** Unique among all columns. */
  readonly name: string;
  readonly type: 'whole' | 'number' | 'text' | 'flag';
  /** What it holds, and when it is empty, for docs; columns after it that do not say are of its kind. The first one of a list says. */
  readonly says?: string;
  readonly unit?: string;
  readonly value: (value: Value) => Cell;
}

/** What a label beside a face says of it, from long to short. */
export interface AttributeLabel {
  /** On a line of its own. */
  readonly full: string;
  /** Beside others. */
  readonly brief: string;
  /** Where there is room for one attribute alone and for less than `brief`, longest first, each with what it costs to say so little. */
  readonly shorter?: readonly (readonly [text: string, cost: number])[];
  /** Not to be relied on: written grey. */
  readonly unclear?: boolean;
}

/** A value followed over time, for one person. */
export interface Course<Value> {
  /** The value shown once `measured` is known at `time` (seconds); `reading` is all that was measured of the face then. */
  add(time: number, measured: Value, reading: Readonly<Record<string, unknown>>): Value;
}

export interface CourseOptions {
  /** Time constant of smoothing in seconds; undefined: the attribute's own. */
  readonly smoothing?: number | undefined;
}

/** What a clip's summary says of an attribute, gathered frame by frame: of one person, or of all together. */
export interface Tally<Value, Says = object> {
  /** A measured face: what was shown over time, what was measured in this frame alone, and for how many seconds it stands. */
  add(shown: Value, raw: Value, seconds: number): void;
  /** Seconds in which the tracker carried the face, once a later measurement shows that the person was still there. */
  carry(shown: Value, seconds: number): void;
  /** The fields of the summary. */
  read(): Says;
}

/** What a clip's summary says of an attribute. */
export interface ClipSummary<Value, Says = object, Of extends 'person' | 'clip' = 'person' | 'clip'> {
  /** Said of each person alone, or of each person and of the whole clip. */
  readonly of: Of;
  /** Names are unique among all attributes. */
  readonly fields: { readonly [Field in keyof Says]: z.ZodType };
  start(): Tally<Value, Says>;
}

/** What a report says of an attribute, as data; how it looks is src/report's business. */
export interface AttributeReport {
  /** What was judged of a face: `how old it looks`. */
  readonly judged: string;
  /** Where a network reads it: what the network is for, `the age`, and what it does, `estimates age`. */
  readonly subject?: string;
  readonly does?: string;
  /** What its figures cannot tell: a point, and the text that follows it. */
  readonly limits: readonly (readonly [point: string, text: string])[];
  /** A sentence on a person, from the person's summary, or nothing; a part may be stressed. */
  readonly aboutPerson: (summary: AnySummary) => readonly (string | { readonly stressed: string })[];
  /** Columns of the table of persons; and what it must be told to understand them. */
  readonly personColumns: readonly {
    readonly name: string;
    readonly numeric?: boolean;
    readonly value: (summary: AnySummary) => string;
  }[];
  readonly note: string;
}

/** How values are scored where the truth is known, in `phiz evaluate` and in training: by the class, or by the number. */
export type AttributeFigures<Value> = { readonly of: 'classes' } | NumberFigures<Value>;

/** How far off a number is, by how often its range is right, and by how often its interval holds the truth. */
export interface NumberFigures<Value> {
  readonly of: 'numbers';
  /** `age`, `ages`, `years`. */
  readonly words: { readonly one: string; readonly many: string; readonly unit: string };
  readonly estimate: (value: Value) => number;
  /** 10th and 90th percentile. */
  readonly interval: (value: Value) => readonly [low: number, high: number];
  /** From low to high; errors are said of each. */
  readonly ranges: readonly string[];
  /** The range that a number falls in. */
  readonly rangeOf: (number: number) => string;
}

/** A summary seen by an attribute, which knows its own fields. */
export type AnySummary = object;

/** What is common to all attributes. */
interface About<Name extends string, Value> {
  /** The key in a face's result, and that of its model among an analysis' models. */
  readonly name: Name;
  readonly schema: z.ZodType<Value>;
  /** For clips: what is shown of a person over time. Without it the value stands among what was measured in a frame alone. */
  readonly overTime?: {
    /** How it is made, as the schema says it. */
    readonly says: string;
    start(options: CourseOptions): Course<Value>;
  };
  /** For clips: what the summary says. */
  readonly summary?: ClipSummary<Value>;
  /** Where the value is one of some classes: what plots and reports go by. */
  // biome-ignore lint/suspicious/noExplicitAny: labels of any attribute
  readonly classes?: Classes<any>;
  readonly report?: AttributeReport;
  /** Columns in the table of photos. */
  readonly columns: readonly AttributeColumn<Value>[];
  /** Columns in the table of a clip: of the value over time, and of the one measured in the frame. */
  readonly clipColumns?: readonly AttributeColumn<Value>[];
  readonly rawColumns?: readonly AttributeColumn<Value>[];
  /** Words on a face in an image; without it nothing is written there. */
  readonly label?: (value: Value) => AttributeLabel;
  /** One line on a face beside its image: of a value, and where there is none yet. */
  readonly line?: { readonly of: (value: Value) => string; readonly none: string };
  /** CSS colour of a face's marks; the first attribute that has one gives it. */
  readonly colour?: (value: Value) => string;
}

/** An attribute that a network reads. */
export interface NetworkAttribute<Name extends string = string, Value = unknown> extends About<Name, Value> {
  /** What turns probabilities listed as a card's labels into a value. Throws PhizError `model-mismatch` for other labels. */
  readonly read: (labels: readonly string[], model?: string) => (probabilities: ArrayLike<number>) => Value;
  readonly figures: AttributeFigures<Value>;
}

/** An attribute that is measured on the pixels of a face. */
export interface MeasuredAttribute<Name extends string = string, Value = unknown> extends About<Name, Value> {
  /** `facePixels`: side of a face's box above which the networks see no more detail. */
  readonly measure: (image: Image, face: FaceRegion, facePixels: number) => Value;
}

// biome-ignore lint/suspicious/noExplicitAny: a list holds attributes of any values, which each attribute alone handles
export type AnyNetworkAttribute = NetworkAttribute<string, any>;

// biome-ignore lint/suspicious/noExplicitAny: as above
export type Attribute = AnyNetworkAttribute | MeasuredAttribute<string, any>;

/** The type of an attribute's values. */
export type ValueOf<A> = A extends { readonly schema: z.ZodType<infer Value> } ? Value : never;

/** True where a network reads it. */
export function isRead(attribute: Attribute): attribute is NetworkAttribute {
  return 'read' in attribute;
}

/** Loads the network of an attribute. Throws PhizError `model-mismatch` as createClassifier and the attribute's `read` do. */
export async function createAttributeClassifier<Value>(
  { read }: Pick<NetworkAttribute<string, Value>, 'read'>,
  options: { readonly engine: Engine; readonly model: Model },
): Promise<FaceClassifier<Value>> {
  const { labels, name, version } = options.model.card;
  const reader = read(labels, name);
  const classifier = await createClassifier(options);
  return {
    name,
    version,
    facePixels: classifier.facePixels,
    async classify(image, faces) {
      const rows = await classifier.classify(faces.map((face) => classifier.crop(image, face)));
      return rows.map(reader);
    },
    dispose: () => classifier.dispose(),
  };
}
