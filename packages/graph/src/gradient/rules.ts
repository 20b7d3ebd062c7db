import type { Rule } from "./rule.ts";
import { ELEMENTWISE } from "./rules/elementwise.ts";
import { LINALG } from "./rules/linalg.ts";
import { NORM } from "./rules/norm.ts";
import { REDUCE } from "./rules/reduce.ts";
import { SHAPE } from "./rules/shape.ts";

/** How each operator passes a derivative on. */
export const RULES: Readonly<Record<string, Rule>> = { ...ELEMENTWISE, ...LINALG, ...NORM, ...REDUCE, ...SHAPE };
