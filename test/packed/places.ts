import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** Kept between runs. */
export const CACHE = join(ROOT, "node_modules", ".cache", "packed");

export const FIXTURES = join(ROOT, "test", "golden", "fixtures");
