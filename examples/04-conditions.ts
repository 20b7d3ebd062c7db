import { DrUM, StableDiffusion } from "@drum/pipelines-sd";

// The personalised condition by itself: `promptEmbeds` as diffusers has them, for α from 0 to 1.

const sd = await StableDiffusion.fromPretrained("stable-diffusion-v1-5/stable-diffusion-v1-5");
const drum = await DrUM.attach(sd);
const profile = await drum.profile([{ prompt: "a charcoal sketch, rough strokes" }]);

for (const alpha of [0, 0.3, 0.7, 1]) {
	const condition = await drum.condition("a harbour at dawn", { profile, alpha });
	const { images } = await sd.generate(condition, { seed: 7, numInferenceSteps: 20, scheduler: "dpm++2m-karras" });
	await images[0]?.save(`out/harbour-${alpha}.png`);
}
