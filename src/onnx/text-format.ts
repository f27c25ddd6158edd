/**
 * Reads the text form of protobuf messages as Caffe's .prototxt and TensorFlow's .pbtxt use it: fields `name: value` and
 * `name { … }`, comments from '#'. Knows no schema: every field is a list of values, numbers are told from words by their form. Not
 * a general reader: extensions, `Any`, lists in brackets and escapes in texts do not occur in networks.
 */
import { PhizError } from '../core/error.js';

/** A message: its fields by name, each as often as it was given. */
export type TextMessage = ReadonlyMap<string, readonly TextValue[]>;
export type TextValue = string | number | boolean | TextMessage;

/** The messages in a field; none where there is no such field, or no message at all. */
export function messagesIn(message: TextMessage | undefined, field: string): readonly TextMessage[] {
  return (message?.get(field) ?? []).filter((value): value is TextMessage => typeof value === 'object');
}

/** Nesting of messages that is taken for an attack, not a network. */
const DEEPEST = 32;

/** One token. */
const TOKEN = /(?:([A-Za-z_][\w]*)|([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)f?(?![\w.])|("[^"\n]*"|'[^'\n]*')|([{}:;,]))/y;
const BLANK = /\s/;

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Parses a message. Throws PhizError `model-damaged` naming `where` and the line. */
export function parseTextMessage(text: string, where: string): TextMessage {
  let at = 0;
  const fail = (what: string): never => {
    const line = text.slice(0, at).split('\n').length;
    throw new PhizError('model-damaged', `${where}:${line}: ${what}; this is not a network in protobuf's text form`);
  };
  /** The next token, or nothing at the end. */
  const next = (): { readonly kind: 'word' | 'number' | 'text' | 'mark'; readonly text: string } | undefined => {
    // No expression for all of it: one that repeats runs out of stack on a file of nothing else.
    for (; at < text.length; at++)
      if (text[at] === '#') at = endOfLine(text, at);
      else if (!BLANK.test(text[at]!)) break;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) return at < text.length ? fail(`unexpected ${JSON.stringify(text.slice(at, at + 12))}`) : undefined;
    at = TOKEN.lastIndex;
    const [, word, number, quoted, mark] = match;
    if (word !== undefined) return { kind: 'word', text: word };
    if (number !== undefined) return { kind: 'number', text: number };
    return quoted === undefined ? { kind: 'mark', text: mark! } : { kind: 'text', text: quoted.slice(1, -1) };
  };
  const message = (depth: number): TextMessage => {
    if (depth > DEEPEST) fail(`messages nested more than ${DEEPEST} deep`);
    const fields = new Map<string, TextValue[]>();
    for (;;) {
      const name = next();
      if (name === undefined) return depth === 0 ? fields : fail("a '}' is missing");
      if (name.kind === 'mark' && (name.text === ';' || name.text === ',')) continue;
      if (name.text === '}' && name.kind === 'mark' && depth > 0) return fields;
      if (name.kind !== 'word') fail(`expected a field's name, got '${name.text}'`);
      let value = next();
      const colon = value?.kind === 'mark' && value.text === ':';
      if (colon) value = next();
      const values = fields.get(name.text) ?? [];
      fields.set(name.text, values);
      if (value?.kind === 'mark' && value.text === '{') values.push(message(depth + 1));
      else if (!colon || value === undefined || value.kind === 'mark') fail(`field '${name.text}' has no value`);
      else if (value.kind === 'number') values.push(Number(value.text));
      else if (value.kind === 'word' && (value.text === 'true' || value.text === 'false')) values.push(value.text === 'true');
      else values.push(value.text);
    }
  };
  return message(0);
}
