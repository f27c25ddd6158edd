/** The one analyzer of the page: loading begins with the page, so that it is there when the first image is. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { type BrowserAnalyzer, createAnalyzer, type Device } from '#dist/browser/index.js';

export type EngineState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly analyzer: BrowserAnalyzer }
  | { readonly kind: 'failed'; readonly error: Error };

export interface EngineHandle {
  readonly state: EngineState;
  /** Settles when the analyzer is there or has failed. */
  readonly ready: Promise<BrowserAnalyzer>;
  retry(): void;
}

/** Where models/ and ort/ lie: beside the page. */
export const BASE: string = new URL('.', document.baseURI).href;

/** `?device=cpu` or `webgpu` in the address overrules the choice. */
function deviceAsked(): Device | 'auto' {
  const asked = new URLSearchParams(location.search).get('device');
  return asked === 'cpu' || asked === 'webgpu' ? asked : 'auto';
}

/** Loads the analyzer once for as long as the page lives; `retry` loads it anew. */
export function useEngine(): EngineHandle {
  const [attempt, setAttempt] = useState(() => createAnalyzer({ base: BASE, device: deviceAsked() }));
  const [state, setState] = useState<EngineState>({ kind: 'loading' });
  useEffect(() => {
    let current = true;
    setState({ kind: 'loading' });
    attempt.then(
      (analyzer) => current && setState({ kind: 'ready', analyzer }),
      (error: Error) => current && setState({ kind: 'failed', error }),
    );
    return () => {
      current = false;
    };
  }, [attempt]);
  const retry = useCallback(() => setAttempt(createAnalyzer({ base: BASE, device: deviceAsked() })), []);
  return { state, ready: attempt, retry };
}

/** What runs the networks, in words. */
export function engineText({ device, threads }: BrowserAnalyzer['engine']): string {
  if (device === 'webgpu') return 'WebGPU';
  return `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
