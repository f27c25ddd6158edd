/**
 * Connections, bounded: where there are too many, the one that has been silent longest makes room for the new one. So whoever opens a
 * thousand and says nothing keeps nobody out, and neither does a crowd from one address, nor whoever asks for something large and does not
 * take it, or for thousands of things at once.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  /** Connections altogether. Default 1000. */
  readonly most?: number | undefined;
  /** Connections of one address. Default 250. */
  readonly mostPerAddress?: number | undefined;
  /** Seconds after which an answer of which nothing is taken is broken off. Default 30. */
  readonly patience?: number | undefined;
  /**
   * Requests that may be under way on one connection, which is ended at a further one: hardly any client sends the next before it has the answer,
   * and Node starts all that came in a piece, thousands in 64 KB. Default 8.
   */
  readonly mostAtOnce?: number | undefined;
}

/** Watches the connections of a server. Requests that come on one that it has ended still reach the server's listeners. */
export function limitConnections(
  server: Server,
  { most = 1000, mostPerAddress = 250, patience = 30, mostAtOnce = 8 }: ConnectionLimits = {},
): void {
  /** Those that have no request under way, longest first, with their addresses. */
  const silent = new Map<Socket, string>();
  const all = new Map<string, number>();
  const underWay = new WeakMap<Socket, number>();
  let count = 0;

  /** Ends the longest silent connection that fits; false where none does. */
  const makeRoom = (fits: (address: string) => boolean): boolean => {
    for (const [socket, address] of silent)
      if (fits(address)) {
        silent.delete(socket);
        socket.destroy();
        return true;
      }
    return false;
  };
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const own = all.get(address) ?? 0;
    const room = own < mostPerAddress || makeRoom((other) => other === address);
    if (!room || (count >= most && !makeRoom(() => true))) {
      socket.destroy();
      return;
    }
    count++;
    all.set(address, (all.get(address) ?? 0) + 1);
    silent.set(socket, address);
    socket.once('close', () => {
      silent.delete(socket);
      count--;
      const left = all.get(address)! - 1;
      if (left > 0) all.set(address, left);
      else all.delete(address);
    });
  });
  // Before those who answer: they need not, where it is one too many.
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const address = silent.get(socket) ?? socket.remoteAddress ?? '';
    silent.delete(socket);
    const started = (underWay.get(socket) ?? 0) + 1;
    underWay.set(socket, started);
    if (started > mostAtOnce) {
      socket.destroy();
      return;
    }
    const wait = 1000 * patience;
    // Comes where nothing was sent or received for so long; an answer that takes its time is none that nobody takes.
    response.setTimeout(wait, () => {
      if (socket.writableLength > 0) socket.destroy();
      else response.setTimeout(wait);
    });
    response.once('close', () => {
      const left = underWay.get(socket)! - 1;
      underWay.set(socket, left);
      if (left === 0 && !socket.destroyed) silent.set(socket, address);
    });
  });
}
