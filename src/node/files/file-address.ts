/** Where a caller of the library says that a file lies: a path or a `file:` URL, as an object or as text. Reads nothing. */
import { fileURLToPath } from 'node:url';
import { PhizError } from '../../core/error.js';
import { reason } from './read-error.js';

/** What is longer is no path on any system, but perhaps the file itself. */
const LONGEST_PATH = 4096;

/** A path or URL as messages show it. */
export function shortAddress(address: string | URL): string {
  const text = String(address);
  return text.length > LONGEST_PATH ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}

/** The path that is meant. Throws PhizError `invalid-option` for other URLs, and for file: URLs that name no file here. */
export function pathOf(address: string | URL, called: string = shortAddress(address)): string {
  const url = address instanceof URL || /^[a-z][a-z0-9+.-]+:\/\//i.test(address);
  if (!url) return address;
  if (!/^file:/i.test(String(address)))
    throw new PhizError(
      'invalid-option',
      `${called} is not a file: phiz reads paths, file: URLs and bytes, nothing from the network`,
    );
  try {
    return fileURLToPath(address);
  } catch (cause) {
    throw new PhizError('invalid-option', `${called} names no file here (${reason(cause)}); give its path`, { cause });
  }
}
