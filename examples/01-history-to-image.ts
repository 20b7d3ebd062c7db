import { DrUM, StableDiffusion } from "@drum/pipelines-sd";

// A user's earlier prompts, with how much they liked each, steer a new picture.

const sd = await StableDiffusion.fromPretrained("stable-diffusion-v1-5/stable-diffusion-v1-5");
const drum = await DrUM.attach(sd, { adapters: "Burf/DrUM" });

const profile = await drum.profile([
	{ prompt: "a retro-futuristic poster with bold, vibrant colors", intensity: 5 },
	{ prompt: "neon signs over a rainy street, film grain", intensity: 4 },
	{ prompt: "a watercolour of a fishing village", intensity: 1 },
]);

const { images } = await drum.generate("a lighthouse", { profile, alpha: 0.3, seed: 42 });
await images[0]?.save("out/lighthouse.png");
