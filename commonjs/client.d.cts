/** Made by scripts/make-declarations.ts. */
import type * as esm from '../dist/client/index.js' with { 'resolution-mode': 'import' };

export type * from '../dist/client/index.js' with { 'resolution-mode': 'import' };
export declare const ServiceError: typeof esm.ServiceError;
export type ServiceError = esm.ServiceError;
export declare const createClient: typeof esm.createClient;
