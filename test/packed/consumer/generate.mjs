// A user's program: a personalised picture from a checkpoint's folder. Prints what the test compares, or the error.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { DrUM, DrumError, StableDiffusion } from "@drum/pipelines-sd";

const [checkpoint, adapters, file] = process.argv.slice(2);

async function main() {
	const sd = await StableDiffusion.fromPretrained(checkpoint);
	const drum = await DrUM.attach(sd, { adapters });
	const history = [{ prompt: "a red cat", intensity: 5 }, { prompt: "a blue dog" }];
	const profile = await drum.profile(history, { ratio: 1 });
	const { images, seed } = await drum.generate("a lighthouse", { profile, alpha: 0.3, seed: 42, numInferenceSteps: 2 });
	const [image] = images;
	await image.save(file);

	// The sampler carries its own copy of the error classes: they must be known all the same.
	const refused = await drum.profile(history, { ratio: 2 }).catch((error) => error);

	console.log(
		JSON.stringify({
			seed,
			width: image.width,
			height: image.height,
			pixels: createHash("sha256").update(image.data).digest("hex"),
			signature: (await readFile(file)).subarray(1, 4).toString("latin1"),
			bytes: (await stat(file)).size,
			refused: DrumError.is(refused) && refused.code,
			name: refused.name,
		}),
	);
	await drum.release();
	await sd.release();
}

main().catch(({ name, message }) => {
	console.error(`${name}: ${message}`);
	process.exitCode = 1;
});
