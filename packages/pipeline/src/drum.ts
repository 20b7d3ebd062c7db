import { DrUM as AnyDrUM } from "@drum/peca";
import type { GenerateResult } from "./generate.ts";
import type { GenerateOptions } from "./options.ts";

/** DrUM attached to a pipeline: `DrUM.attach(pipeline)`. */
export const DrUM = AnyDrUM;
/** As a type, without arguments, it is that of every pipeline here; the arguments are for a `Personalizable` of your own. */
export type DrUM<Options extends object = GenerateOptions, Result = GenerateResult> = AnyDrUM<Options, Result>;
