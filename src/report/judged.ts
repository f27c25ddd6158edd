/** What is judged of a face, in words: for help texts, the service's document and reports. Made from the list of attributes. */
import type { Attribute } from '../attributes/attribute.js';
import { ATTRIBUTES } from '../attributes/index.js';
import { listed } from './words.js';

/** `which of seven emotions each face shows (angry, …) and how old it looks`. */
export function judgedInWords(attributes: readonly Attribute[] = ATTRIBUTES): string {
  return listed(attributes.flatMap(({ report }) => (report ? [report.judged] : [])));
}
