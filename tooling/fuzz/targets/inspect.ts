import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { run } from "@drum/cli";
import { CheckpointError } from "@drum/tensor";
import { changeJson } from "../change-json.ts";
import { changeSafetensors } from "../change-safetensors.ts";
import { inRepository, type Target } from "../target.ts";

const CONFIGURATIONS = ["model_index.json", "unet/config.json", "vae/config.json", "text_encoder/config.json"];
const FILES = ["packages/tensor/src/fixtures/reference.safetensors", "packages/tiny/drum/weight/L.safetensors"];

/** What `drum inspect` prints of a checkpoint, an adapter and other weights. */
export const inspect: Target = {
	name: "inspect",
	async prepare(folder) {
		const checkpoint = join(folder, "checkpoint");
		await cp(inRepository("test/golden/fixtures/sd1"), checkpoint, { recursive: true });
		const sources = await Promise.all(FILES.map((path) => readFile(inRepository(path))));
		return async (random) => {
			if (random.chance(0.4)) {
				const path = join(folder, "changed.safetensors");
				await writeFile(path, changeSafetensors(random, random.pick(sources)));
				return report(path, random.chance(0.5));
			}
			const path = join(checkpoint, random.pick(CONFIGURATIONS));
			const text = await readFile(path, "utf8");
			await writeFile(path, changeJson(random, JSON.parse(text)));
			try {
				await report(checkpoint, random.chance(0.5));
			} finally {
				await writeFile(path, text);
			}
		};
	},
};

async function report(path: string, json: boolean): Promise<void> {
	const [stdout, stderr] = [new Collected(), new Collected()];
	const code = await run(["inspect", path, ...(json ? ["--json"] : [])], { stdout, stderr, env: {} });
	if (/(?!\n)\p{Cc}/u.test(stdout.text)) throw new Error(`control characters: ${JSON.stringify(stdout.text)}`);
	if (stderr.text.includes("(unexpected")) throw new Error(stderr.text);
	if (code !== 0) throw new CheckpointError({ what: "the source", found: stderr.text.trimEnd() });
}

class Collected extends Writable {
	text = "";

	override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
		this.text += chunk;
		done();
	}
}
