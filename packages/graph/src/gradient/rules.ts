import type { Rule } from "./rule.ts";
import { ATTENTION } from "./rules/attention.ts";
import { CONV } from "./rules/conv.ts";
import { ELEMENTWISE } from "./rules/elementwise.ts";
import { GATHER } from "./rules/gather.ts";
import { LINALG } from "./rules/linalg.ts";
import { NORM } from "./rules/norm.ts";
import { REDUCE } from "./rules/reduce.ts";
import { SHAPE } from "./rules/shape.ts";

/** How each operator passes a derivative on. */
export const RULES: Readonly<Record<string, Rule>> = {
	...ELEMENTWISE,
	...LINALG,
	...ATTENTION,
	...NORM,
	...CONV,
	...REDUCE,
	...SHAPE,
	...GATHER,
};
