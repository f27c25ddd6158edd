/** The one analyzer of the page: loading begins with the page, so that it is there when the first image is. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Attribute } from '#dist/attributes/attribute.js';
import { ATTRIBUTES } from '#dist/attributes/index.js';
import { ownAttribute } from '#dist/attributes/own.js';
import { type BrowserAnalyzer, createAnalyzer, type Device, type Model } from '#dist/browser/index.js';
import { addClassColours } from './class-colours.js';

export type EngineState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly analyzer: BrowserAnalyzer }
  | { readonly kind: 'failed'; readonly error: Error };

export interface EngineHandle {
  readonly state: EngineState;
  /** Settles when the analyzer is there or has failed; another one where models were added or taken away. */
  readonly ready: Promise<BrowserAnalyzer>;
  /** Classifiers of the user's own, read beside the others. */
  readonly own: readonly Model[];
  /** Reads with these from now on. Throws what `createAnalyzer` throws; the analyzer that is there then stays. */
  setOwn(models: readonly Model[]): Promise<void>;
  retry(): void;
}

/** Where models/ and ort/ lie: beside the page. */
export const BASE: string = new URL('.', document.baseURI).href;

/** `?device=cpu` or `webgpu` in the address overrules the choice. */
function deviceAsked(): Device | 'auto' {
  const asked = new URLSearchParams(location.search).get('device');
  return asked === 'cpu' || asked === 'webgpu' ? asked : 'auto';
}

function load(models: readonly Model[]): Promise<BrowserAnalyzer> {
  return createAnalyzer({ base: BASE, device: deviceAsked(), models });
}

/** Loads the analyzer once for as long as the page lives; `retry` loads it anew. */
export function useEngine(): EngineHandle {
  const [{ ready, own }, setLoaded] = useState(() => ({ ready: load([]), own: [] as readonly Model[] }));
  const [state, setState] = useState<EngineState>({ kind: 'loading' });
  useEffect(() => {
    let current = true;
    setState({ kind: 'loading' });
    ready.then(
      (analyzer) => current && setState({ kind: 'ready', analyzer }),
      (error: Error) => current && setState({ kind: 'failed', error }),
    );
    return () => {
      current = false;
      // Whoever still reads with it is told, and begins again with the one that takes its place.
      void ready.then(
        (analyzer) => analyzer.dispose(),
        () => {},
      );
    };
  }, [ready]);
  const retry = useCallback(() => setLoaded({ ready: load(own), own }), [own]);
  const setOwn = useCallback(async (models: readonly Model[]) => {
    const analyzer = await load(models);
    addClassColours(models.map(({ card }) => ownAttribute(card)));
    setLoaded({ ready: Promise.resolve(analyzer), own: models });
  }, []);
  return { state, ready, own, setOwn, retry };
}

/** What is read of a face, as far as it is known yet. */
export function attributesOf({ state }: EngineHandle): readonly Attribute[] {
  return state.kind === 'ready' ? state.analyzer.attributes : ATTRIBUTES;
}

/** What runs the networks, in words. */
export function engineText({ device, threads }: BrowserAnalyzer['engine']): string {
  if (device === 'webgpu') return 'WebGPU';
  return `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
