/**
 * A request whose body comes in pieces of a fair size, however small those are in which it is sent: a client may send each byte as a chunk of its own,
 * and what is done for each piece further up would keep the process from everybody else.
 */
import { IncomingMessage } from 'node:http';

/** Pieces of so many bytes are passed on as they are. */
const FAIR = 4096;
/** Most bytes that are gathered. */
const BLOCK = 65_536;

/** Pieces after which they must have had so many bytes each, in the mean, as those of every honest client have. */
const MANY = 10_000;
const LEAST = 64;

/** For `http.createServer`. What is gathered is passed on when the event loop has read what there was. */
export class GatheredRequest extends IncomingMessage {
  #block: Buffer | undefined;
  #filled = 0;
  #flushing: NodeJS.Immediate | undefined;
  #pieces = 0;
  #bytes = 0;

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (!(chunk instanceof Uint8Array)) {
      // The end.
      this.#flush();
      return super.push(chunk, encoding);
    }
    this.#bytes += chunk.length;
    // Taking a piece apart from the next costs more than its bytes.
    if (++this.#pieces > MANY && this.#bytes < LEAST * this.#pieces) {
      this.destroy();
      return false;
    }
    if (chunk.length >= FAIR || chunk.length > BLOCK - this.#filled) this.#flush();
    if (chunk.length >= FAIR) return super.push(chunk);
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK);
    this.#block.set(chunk, this.#filled);
    this.#filled += chunk.length;
    this.#flushing ??= setImmediate(() => this.#flush());
    return this.readableLength + this.#filled < this.readableHighWaterMark;
  }

  #flush(): void {
    if (this.#flushing) clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const filled = this.#filled;
    this.#filled = 0;
    // A copy: the block is used again, and a piece of one byte must not keep all of it.
    if (filled > 0 && !this.destroyed) super.push(Buffer.from(this.#block!.subarray(0, filled)));
  }
}
