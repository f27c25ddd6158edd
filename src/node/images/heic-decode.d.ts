/** heic-decode ships no types: the part of it that src/node/images/heic.ts uses. */
declare module 'heic-decode' {
  interface HeifImage {
    readonly width: number;
    readonly height: number;
    decode(): Promise<{ readonly data: Uint8ClampedArray }>;
  }
  const decode: { all(input: { readonly buffer: Uint8Array }): Promise<HeifImage[] & { dispose(): void }> };
  export default decode;
}
