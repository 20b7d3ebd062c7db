import { DrUM as AnyDrUM } from "@drum/peca";
import type { GenerateResult } from "./generate.ts";
import type { GenerateOptions } from "./options.ts";

/** DrUM attached to a pipeline: `DrUM.attach(pipeline)`. */
export const DrUM = AnyDrUM;
/** The type for all pipelines of this package. Only a `Personalizable` of your own needs the arguments. */
export type DrUM<Options extends object = GenerateOptions, Result = GenerateResult> = AnyDrUM<Options, Result>;
