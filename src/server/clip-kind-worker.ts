/** A process that says of uploads whether they are clips: telling takes more than a look at their first bytes. */
import { isClip } from '../node/video/clip-kind.js';
import { servePool } from './serve-pool.js';

servePool<null, string, null, boolean>(async () => ({ ready: null, answer: (path) => isClip(path) }));
