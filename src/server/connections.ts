/**
 * Connections, bounded: where there are too many, the one that has been silent longest makes room for the new one. So whoever opens a
 * thousand and says nothing keeps nobody out, and neither does a crowd from one address, nor whoever asks for something large and does not
 * take it.
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
}

/** Watches the connections of a server. */
export function limitConnections(
  server: Server,
  { most = 1000, mostPerAddress = 250, patience = 30 }: ConnectionLimits = {},
): void {
  /** Those that have no request under way, longest first, with their addresses. */
  const silent = new Map<Socket, string>();
  const all = new Map<string, number>();
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
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const address = silent.get(socket);
    silent.delete(socket);
    const wait = 1000 * patience;
    // Comes where nothing was sent or received for so long; an answer that takes its time is none that nobody takes.
    response.setTimeout(wait, () => {
      if (socket.writableLength > 0) socket.destroy();
      else response.setTimeout(wait);
    });
    response.once('close', () => {
      if (!socket.destroyed && address !== undefined) silent.set(socket, address);
    });
  });
}
