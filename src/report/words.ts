/** Words of reports and cards, put together. */

/** `Expressions`. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `an expression`, `a mood`. */
export function article(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(texts: readonly string[]): string {
  return texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

/** `one participant`, `12 participants`. */
export function participantsText(count: number): string {
  return count === 1 ? 'one participant' : `${count} participants`;
}
