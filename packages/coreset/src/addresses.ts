/** Byte addresses that the kernels use for themselves. Rows start at HEAD. */
export const FOUND = 0;
export const ERROR = 16;
export const FACTOR = 32;
export const HEAD = 64;
