// A user's program: an adapter trained from captions, then used. Prints the losses, which the test compares.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DrUM, StableDiffusion } from "@drum/pipelines-sd";
import { trainAdapter } from "@drum/training";

const [checkpoint, folder] = process.argv.slice(2);
const captions = `${folder}.txt`;
await writeFile(captions, "a red cat\na blue dog\na lighthouse\n");
const sd = await StableDiffusion.fromPretrained(checkpoint);
const run = { encoder: sd.encoders.L, captions, folder, name: "L", batchSize: 4, steps: 3, layers: 2 };
const { steps, file } = await trainAdapter(run);
const drum = await DrUM.attach(sd, { adapters: folder });
const profile = await drum.profile([{ prompt: "a red cat" }], { ratio: 1 });
const { promptEmbeds } = await drum.condition("a lighthouse", { profile });
console.log(
	JSON.stringify({
		losses: steps.map(({ loss }) => loss),
		file: file === join(folder, "weight", "L.safetensors"),
		dims: promptEmbeds.dims,
	}),
);
