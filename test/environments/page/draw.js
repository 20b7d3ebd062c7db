import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { adapterFiles, modelFiles } from "@drum/tiny/files";

/** The whole method with the small model, as docs/browser.md shows it, in a page and in Node.js. */
export async function draw() {
	const sd = await StableDiffusion.fromPretrained(modelFiles);
	const drum = await DrUM.attach(sd, { adapters: adapterFiles });
	const history = [
		"an outline drawing of a house with blue stripes",
		"a blue striped cat, outline style",
		"two hearts",
	];
	const profile = await drum.profile(
		history.map((prompt) => ({ prompt })),
		{ size: 2 },
	);
	const { images } = await drum.generate("a star", { profile, alpha: 0.5, seed: 1, numInferenceSteps: 2 });
	return { coreset: [...profile.coreset], pixels: [...images[0].data] };
}
