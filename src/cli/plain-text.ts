/** Text for a terminal: names of files may hold control characters, which would move the cursor, change colours or hide what is said. */

// C0 and C1 controls, the marks that turn the direction of text, and Unicode's own line breaks; \n is the caller's business.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with such characters written out, as JSON writes them: `\u001b`. */
export function plainText(text: string): string {
  return text.replace(CONTROL, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
