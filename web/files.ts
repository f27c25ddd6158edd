/**
 * The files given to the tab: each is read in its turn, what was found is kept, and any of them can be looked at again. Of images
 * and frames nothing is kept: they lie in their files.
 */
import { type BrowserAnalyzer, type ModelCard, PhizError } from '#dist/browser/index.js';
import { ClipSession, type ClipSettings, type ClipView } from './clip-session.js';
import { openPhoto, type PhotoView } from './photo.js';
import type { Stage } from './stage.js';

export type FileView =
  | { readonly kind: 'waiting' | 'busy'; readonly name: string }
  | { readonly kind: 'unsupported'; readonly name: string; readonly error: PhizError }
  | { readonly kind: 'failed'; readonly name: string; readonly error: Error }
  | PhotoView
  | ClipView;

export interface FileEntry {
  readonly id: number;
  readonly file: File;
  readonly view: FileView;
}

/** What the files are read with. */
export interface Reader {
  readonly analyzer: Promise<BrowserAnalyzer>;
  /** Of the user's own models. */
  readonly cards: readonly ModelCard[];
  /** Frames of a clip analysed a second at most; undefined: all. */
  readonly fps: number | undefined;
  /** Small images for the reports of clips. */
  readonly images: boolean;
}

export interface FilesOptions {
  readonly stage: Stage;
  readonly reader: Reader;
  readonly settings: Omit<ClipSettings, 'visible'>;
  onChange(entries: readonly FileEntry[], shown: number | undefined): void;
}

interface Entry {
  readonly id: number;
  readonly file: File;
  view: FileView;
  session: ClipSession | undefined;
}

/** What is the matter with a file, and not with the program. */
const UNSUPPORTED: readonly string[] = ['not-an-image', 'invalid-data', 'image-too-large'];

export class Files {
  readonly #options: FilesOptions;
  #reader: Reader;
  #settings: FilesOptions['settings'];
  #entries: readonly Entry[] = [];
  #shown: number | undefined;
  #next = 0;
  /** Rises when all is to be read anew, or nothing any more. */
  #round = 0;
  #running = false;

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#reader = options.reader;
    this.#settings = options.settings;
  }

  /** Adds files and shows the first of them. */
  add(files: readonly File[]): void {
    const added = files.map((file): Entry => {
      return { id: this.#next++, file, view: { kind: 'waiting', name: file.name }, session: undefined };
    });
    if (added.length === 0) return;
    this.#entries = [...this.#entries, ...added];
    this.show(added[0]!.id);
    void this.#run();
  }

  show(id: number): void {
    this.#shown = id;
    this.#options.stage.clear();
    this.set(this.#settings);
    this.#tell();
  }

  set(settings: FilesOptions['settings']): void {
    this.#settings = settings;
    for (const { id, session } of this.#entries) session?.set({ ...settings, visible: id === this.#shown });
  }

  /** Reads with this from now on; what was read already is read again. */
  async use(reader: Reader, which: (entry: FileEntry) => boolean = () => true): Promise<void> {
    this.#reader = reader;
    const again = this.#entries.filter((entry) => entry.view.kind !== 'waiting' && which(entry));
    this.#round++;
    await Promise.all(
      again.map(async (entry) => {
        entry.view = { kind: 'waiting', name: entry.file.name };
        await entry.session?.dispose();
        entry.session = undefined;
      }),
    );
    this.#tell();
    void this.#run();
  }

  /** Stops the clip that is being read; what was found so far stands. */
  stop(): void {
    for (const { session } of this.#entries) session?.stop();
  }

  seek(seconds: number): void {
    this.#entries.find(({ id }) => id === this.#shown)?.session?.seek(seconds);
  }

  async clear(): Promise<void> {
    this.#round++;
    const gone = this.#entries;
    this.#entries = [];
    this.#shown = undefined;
    this.#options.stage.clear();
    this.#tell();
    await Promise.all(gone.map(({ session }) => session?.dispose()));
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (;;) {
        const waiting = this.#entries.find(({ view }) => view.kind === 'waiting');
        if (!waiting) return;
        await this.#read(waiting, this.#round);
      }
    } finally {
      this.#running = false;
    }
  }

  async #read(entry: Entry, round: number): Promise<void> {
    const { file, id } = entry;
    const put = (view: FileView): void => {
      if (round !== this.#round || !this.#entries.includes(entry)) return;
      entry.view = view;
      this.#tell();
    };
    put({ kind: 'busy', name: file.name });
    try {
      const { fps, images, cards } = this.#reader;
      const analyzer = await this.#reader.analyzer;
      if (file.type.startsWith('image/')) return put(await openPhoto(file, analyzer));
      const settings = { ...this.#settings, visible: id === this.#shown };
      const { stage } = this.#options;
      const session = new ClipSession({ file, analyzer, cards, stage, fps, images, settings, onChange: put });
      await session.open();
      if (round !== this.#round) return await session.dispose();
      entry.session = session;
      await session.run();
    } catch (error) {
      const known = error instanceof PhizError && UNSUPPORTED.includes(error.code);
      put(known ? { kind: 'unsupported', name: file.name, error } : { kind: 'failed', name: file.name, error: error as Error });
    }
  }

  #tell(): void {
    const entries = this.#entries.map(({ id, file, view }) => ({ id, file, view }));
    this.#options.onChange(entries, this.#shown);
  }
}
