/**
 * The one file of a `multipart/form-data` body, as it comes in: nothing is held but a few bytes that may begin a boundary. Not a
 * general parser: it takes one part named `file` and refuses others, since what it would skip somebody meant to matter.
 * Format: RFC 7578 and RFC 2046, section 5.1.1.
 */
import { HttpProblem } from './problem.js';

/** What a file part says of itself, and its bytes. */
export interface FilePart {
  /** The name that the client gave, as it stands there; a stranger's text. */
  readonly filename: string | undefined;
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

/** Bytes that may stand before the first boundary, and in the headers of a part. */
const LONGEST_HEAD = 8192;

/** The boundary that a Content-Type names. */
export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * Reads up to the bytes of the file. Throws HttpProblem `no-upload`, `invalid-option` (another part), `upload-incomplete`, also
 * while the bytes are read.
 */
export async function openMultipart(source: AsyncGenerator<Uint8Array, void, undefined>, boundary: string): Promise<FilePart> {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  // The first boundary may stand at the very beginning, without the line break before it.
  let pending: Buffer = Buffer.from('\r\n');
  const more = async (): Promise<void> => {
    const { done, value } = await source.next();
    if (done) throw new HttpProblem('upload-incomplete', 'the multipart body is cut off: its closing boundary is missing');
    pending = pending.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.concat([pending, value]);
  };
  /** What comes before `mark`, which is taken away too. */
  const upTo = async (mark: Buffer | string): Promise<Buffer> => {
    for (;;) {
      const at = pending.indexOf(mark);
      if (at >= 0) {
        const before = pending.subarray(0, at);
        pending = pending.subarray(at + mark.length);
        return before;
      }
      if (pending.length > LONGEST_HEAD)
        throw new HttpProblem('no-upload', `the multipart body has no boundary, or more than ${LONGEST_HEAD} bytes of headers`);
      await more();
    }
  };
  /** After a boundary: whether it was the closing one. */
  const closed = async (): Promise<boolean> => {
    while (pending.length < 2) await more();
    return pending[0] === 0x2d && pending[1] === 0x2d;
  };

  await upTo(delimiter);
  if (await closed()) throw new HttpProblem('no-upload', "the multipart body is empty; it must have a part named 'file'");
  // An empty header block would begin with the second line break.
  await upTo('\r\n');
  pending = Buffer.concat([Buffer.from('\r\n'), pending]);
  const headers = (await upTo('\r\n\r\n')).toString('utf8');
  const disposition = /^content-disposition:\s*form-data\b(.*)$/im.exec(headers)?.[1] ?? '';
  const name = parameter(disposition, 'name');
  if (name !== 'file')
    throw new HttpProblem(
      'invalid-option',
      `the multipart body has a part ${name === undefined ? 'without a name' : `'${name.slice(0, 60)}'`}; it must have one part named 'file', options go into the query`,
    );

  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const at = pending.indexOf(delimiter);
        if (at >= 0) {
          if (at > 0) yield pending.subarray(0, at);
          pending = pending.subarray(at + delimiter.length);
          break;
        }
        const sure = pending.length - delimiter.length + 1;
        if (sure > 0) {
          yield pending.subarray(0, sure);
          pending = pending.subarray(sure);
        }
        await more();
      }
      if (!(await closed()))
        throw new HttpProblem('invalid-option', "the multipart body has more than one part; it must have one named 'file' alone");
    } finally {
      await source.return();
    }
  }
  return { filename: parameter(disposition, 'filename'), chunks: chunks() };
}

/** A quoted or bare parameter of a Content-Disposition. */
function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(disposition);
  return match?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? match?.[2];
}
