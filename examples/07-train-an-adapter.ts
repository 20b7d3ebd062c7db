import { mkdir, writeFile } from "node:fs/promises";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { trainAdapter } from "@drum/training";

// An adapter behind a text encoder, from captions alone. A real run has a hundred thousand captions and more, and keeps the
// defaults: 23,000 steps of 256.

await mkdir("out", { recursive: true });
await writeFile("out/captions.txt", "a lighthouse at dusk\na red cat\na fishing village\nneon signs in the rain\n");

const sd = await StableDiffusion.fromPretrained("stable-diffusion-v1-5/stable-diffusion-v1-5");
const { file } = await trainAdapter({
	encoder: sd.encoders.L!,
	captions: "out/captions.txt",
	folder: "out/adapters",
	name: "L",
	steps: 3,
	batchSize: 4,
	onStep: ({ step, steps, loss }) => console.log(`${step} of ${steps}: loss ${loss.toFixed(3)}`),
});
console.log(file);

const drum = await DrUM.attach(sd, { adapters: "out/adapters" });
const profile = await drum.profile([{ prompt: "neon signs over a rainy street" }], { ratio: 1 });
const { images } = await drum.generate("a lighthouse", { profile, seed: 42 });
await images[0]?.save("out/own-adapter.png");
