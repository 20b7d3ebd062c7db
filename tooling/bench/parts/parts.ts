import type { Part } from "../run/part.ts";
import { AROUND } from "./around.ts";
import { PICTURES } from "./pictures.ts";
import { STEPS } from "./steps.ts";

const [unet, vae, ...others] = STEPS as [Part, Part, ...Part[]];

/** In RESULTS.md's order, and in that of the run: what matters most comes first. */
export const PARTS: readonly Part[] = [unet, vae, ...PICTURES, ...others, ...AROUND];
