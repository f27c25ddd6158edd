/** Stands in for linkedom, which src/report/plots/plot.ts asks for a document: here there is a real one. */

/** An empty document with no connection to the page. */
export function parseHTML(_markup: string): { readonly document: Document } {
  return { document: document.implementation.createHTMLDocument() };
}
