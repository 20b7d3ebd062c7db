import { setRuntimeFiles } from "@drum/graph";
import { hubFiles, openRepository, type RepositoryOptions } from "@drum/hub";
import { DrUM, Profile, StableDiffusion } from "@drum/pipelines-sd";
import type { Warning } from "@drum/tensor";

// What the tests of files from addresses and from the hub call in the page.

setRuntimeFiles({ wasm: "ort", workers: "." });

const words = (error: unknown) => `${(error as { code?: string }).code}: ${(error as Error).message}`;
const MAIN = "model.safetensors";

const calls = {
	/** Hidden states by the tiny model's text encoder, and a profile that went through bytes. */
	async encode(prompt: string) {
		await using pipeline = await StableDiffusion.fromPretrained("./tiny/model");
		await using drum = await DrUM.attach(pipeline, { adapters: "./tiny/drum" });
		const { hidden } = await pipeline.encoders.L!.encode([prompt]);
		const profile = await drum.profile([{ prompt }]);
		const again = Profile.fromBytes(profile.toBytes({ dtype: "float32" }));
		const saved = await profile.save("profile.safetensors").catch(words);
		return { hidden: [...hidden[-1]!.data], kept: [...again.hidden("L", -1).data], prints: again.fingerprints, saved };
	},

	missing: async () => StableDiffusion.fromPretrained("./tiny/none").catch(words),

	/** Opens a file of the hub; what is kept of it, if that is asked for, and what was told. */
	async file(options: RepositoryOptions, path = MAIN) {
		const progress: number[] = [];
		const warnings: Warning["code"][] = [];
		let said = "";
		const told: RepositoryOptions = {
			...options,
			onProgress: ({ loaded }) => progress.push(loaded),
			onWarning: ({ code, message }) => {
				warnings.push(code);
				said = message;
			},
		};
		try {
			const repository = await openRepository("owner/model", told);
			const file = await repository.file(path);
			const bytes = await file.read(0, file.size);
			return { list: await repository.list(), size: bytes.length, sum: sumOf(bytes), progress, warnings, said };
		} catch (error) {
			return { error: words(error), progress, warnings, said };
		}
	},

	files: (options: RepositoryOptions) => hubFiles("owner/model", options).catch(words),

	/** Ends a download once so much has come. */
	async aborted(options: RepositoryOptions, after: number) {
		const controller = new AbortController();
		const onProgress = ({ loaded }: { loaded: number }) => {
			if (loaded >= after) controller.abort(new Error("enough"));
		};
		const repository = await openRepository("owner/model", { ...options, signal: controller.signal, onProgress });
		return repository.file(MAIN).then(
			() => "whole",
			(error: Error) => error.message,
		);
	},
};

function sumOf(bytes: Uint8Array): number {
	return bytes.reduce((sum, byte, i) => (sum + byte * (i + 1)) % 1_000_003, 0);
}

export type Calls = typeof calls;
Object.assign(globalThis, { calls });
