/** How a network wants black and white as numbers, which a file of weights does not say. */

export const VALUE_RANGES = ['-1..1', '0..1', '0..255'] as const;
export type ValueRange = (typeof VALUE_RANGES)[number];
