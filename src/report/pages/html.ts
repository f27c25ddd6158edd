/** HTML that cannot be broken by what is put into it: text is escaped, only markup made here passes as it is. */

/** Markup that is safe as it stands. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

/** A template of markup; values are escaped (also in quoted attributes) unless they are Html. Lists are joined, undefined, null and false are nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.reduce((markup, part, i) => markup + part + (i < values.length ? render(values[i]) : ''), ''));
}

/** Markup from elsewhere in this program (an SVG, a style sheet): never from a file or a name. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function render(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
