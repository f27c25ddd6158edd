/** The colours of what faces may show, as a style sheet of the page: a class `.happy` or the like for each, on light and dark. */
import type { ClassColours, ClassSubject } from '#dist/attributes/classes/classes.js';

/** Made here and not written into the page, whose policy allows no style but its own file's. */
export function addClassColours(subjects: readonly ClassSubject[]): void {
  const named = subjects.flatMap(({ classes }) =>
    classes.labels.map((label: string): readonly [string, ClassColours] => [classes.id(label), classes.colours[label]!]),
  );
  const rules = (ground: 'onLight' | 'onDark') => named.map(([id, colours]) => `.${id}{--own:${colours[ground]}}`).join('');
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${rules('onLight')}@media (prefers-color-scheme:dark){${rules('onDark')}}`);
  document.adoptedStyleSheets.push(sheet);
}
