/** What the build puts in (vite.config.ts). */
declare const PHIZ_VERSION: string;
