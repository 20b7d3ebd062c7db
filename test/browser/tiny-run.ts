import { DrUM, StableDiffusion } from "@drum/pipelines-sd";

/** What a personalised run of the small model gives. */
export interface TinyRun {
	coreset: number[];
	latents: number[];
	pixels: number[];
}

const HISTORY = [
	{ prompt: "an outline drawing of a house with blue stripes" },
	{ prompt: "a blue striped cat, outline style" },
	{ prompt: "two blue striped hearts", intensity: 2 },
];

/** History → coreset → profile → picture, the same in Node.js and in a browser. */
export async function tinyRun(model: string, adapters: string, device: "cpu" | "wasm" | "webgpu"): Promise<TinyRun> {
	await using sd = await StableDiffusion.fromPretrained(model, { device, dtype: "float32" });
	const drum = await DrUM.attach(sd, { adapters });
	const profile = await drum.profile(HISTORY, { size: 2 });
	let latents: number[] = [];
	const { images } = await drum.generate("a star", {
		...{ profile, alpha: 0.5, seed: 1, numInferenceSteps: 2, guidanceScale: 4 },
		onStep: (step) => {
			latents = [...step.latents];
		},
	});
	const coreset = [...profile.coreset];
	return { coreset, latents, pixels: [...images[0]!.data] };
}
