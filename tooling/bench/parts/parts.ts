import type { Part } from "../run/part.ts";
import { AROUND } from "./around.ts";
import { PICTURES } from "./pictures.ts";
import { STEPS } from "./steps.ts";

/** In RESULTS.md's order. */
export const PARTS: readonly Part[] = [...STEPS, ...PICTURES, ...AROUND];
