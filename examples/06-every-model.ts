import { DiffusionPipeline, DrUM } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";

// One history, and the same call, for every foundation model: each has its own mix of text encoders and adapters.
const history = [
	{ prompt: "a woodblock print of a wave", intensity: 5 },
	{ prompt: "mountains in the rain, ink", intensity: 3 },
];
const checkpoints = [
	"stable-diffusion-v1-5/stable-diffusion-v1-5",
	"stabilityai/stable-diffusion-xl-base-1.0",
	"stabilityai/stable-diffusion-3.5-medium",
	"black-forest-labs/FLUX.1-schnell",
];

for (const [i, checkpoint] of checkpoints.entries()) {
	await using pipeline = await DiffusionPipeline.fromPretrained(checkpoint, {
		models: [...STABLE_DIFFUSION, ...FLUX],
		dtype: "int8", // of the denoiser and T5; auto: as they are stored
	});
	await using drum = await DrUM.attach(pipeline);
	const profile = await drum.profile(history, { ratio: 1 });
	const { images } = await drum.generate("a lighthouse", {
		profile,
		alpha: 0.3,
		seed: 42,
		numInferenceSteps: 4,
	});
	const { model, encoders } = pipeline;
	console.log(`${model.name}: ${Object.keys(encoders).join(" + ")} → out/${i}.png`);
	await images[0]?.save(`out/${i}.png`);
}
