import { StableDiffusion } from "@drum/pipelines-sd";

// Every long call reports how far it is and stops between two steps.

const sd = await StableDiffusion.fromPretrained("stable-diffusion-v1-5/stable-diffusion-v1-5", {
	onProgress: ({ file, loaded, total }) => console.log(`${file}: ${loaded} of ${total} bytes`),
});
const controller = new AbortController();
const drawing = sd.generate("a fox in the snow", {
	seed: 1,
	signal: controller.signal,
	onStep: async ({ step, steps, preview }) => {
		console.log(`step ${step} of ${steps}, a preview of ${preview().width} pixels`);
		if (step === 3) controller.abort();
	},
});
await drawing.catch((error) => console.log(error.name));
