import { DrUM, StableDiffusion } from "@drum/pipelines-sd";

// A profile is made once, kept in one file, and grows with what the user asks for next.

const sd = await StableDiffusion.fromPretrained("stable-diffusion-v1-5/stable-diffusion-v1-5");
const drum = await DrUM.attach(sd);

const made = await drum.profile([{ prompt: "an isometric pixel-art castle" }, { prompt: "a 16-bit forest" }], {
	size: 2,
});
await made.save("out/user.safetensors");

const loaded = await drum.loadProfile("out/user.safetensors");
const grown = await drum.extend(loaded, [{ prompt: "a pixel-art spaceship", intensity: 3 }]);
console.log(grown.references);
