import { createHash } from "node:crypto";
import { drum } from "./drum.js";

/** What a request answers, and what Node.js alone prints to compare with. */
export async function draw() {
	const personalised = await drum();
	const { images } = await personalised.generate("a star", { seed: 1, numInferenceSteps: 2 });
	const refused = await personalised.generate("a star", { steps: 2 }).catch((error) => error);
	return { pixels: createHash("sha256").update(images[0].data).digest("hex"), refused: refused.name };
}
