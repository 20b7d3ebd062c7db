/** Addresses that are the kernels' own; the first 64 bytes are. */
export const FOUND = 0;
export const ERROR = 16;
export const FACTOR = 32;
export const HEAD = 64;
