import { DrUM, StableDiffusion } from "@drum/pipelines-sd";

// A picture to begin from, as a file, its bytes or its pixels: drawn over as a whole, and a part of it anew.

const sd = await StableDiffusion.fromPretrained("stable-diffusion-v1-5/stable-diffusion-v1-5");
const drum = await DrUM.attach(sd);
const profile = await drum.profile([{ prompt: "woodblock print, bold outlines", intensity: 5 }]);

const run = { seed: 42, numInferenceSteps: 12 };
const { images } = await sd.generate("a lighthouse on a cliff", run);
const [image] = images;
await image!.save("out/lighthouse.png");

// A strength near 0 keeps nearly all of it, 1 nothing but its size.
for (const strength of [0.3, 0.6, 0.9]) {
	const options = { ...run, profile, image: "out/lighthouse.png", strength };
	const drawn = await drum.generate("a lighthouse on a cliff", options);
	await drawn.images[0]?.save(`out/lighthouse-${strength}.png`);
}

// White is drawn anew: here the right half. A mask may be a file too, of any size.
const mask = { width: 2, height: 1, data: Uint8Array.of(0, 255) };
const { images: changed } = await sd.generate("a sailing boat", { ...run, image: image!, mask });
await changed[0]?.save("out/boat.png");
