import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { adapters, clip, model } from "@drum/tiny";
import { alphaPlot, figure3 } from "./figures.ts";
import { Measurements } from "./measurements.ts";
import { methodsOf } from "./methods.ts";
import { fingerprint, type ModelFolders, Models } from "./models.ts";
import { report } from "./report.ts";
import { type Results, resultsOf } from "./results.ts";
import { QUICK, type Settings, WHOLE } from "./settings.ts";
import { Study } from "./study.ts";
import { makeUsers } from "./users.ts";

export interface MiniatureOptions {
	/** Folder of the report; what was measured before with the same settings is used again. */
	readonly out: string;
	/** Default 50; 5 if quick. */
	readonly users?: number | undefined;
	/** Of users, samples and pictures. Default 42. */
	readonly seed?: number | undefined;
	/** Few users, steps and points. */
	readonly quick?: boolean | undefined;
	/** Default those of `@drum/tiny`. */
	readonly folders?: ModelFolders | undefined;
	readonly signal?: AbortSignal | undefined;
	readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The paper's measurements in miniature, written to `report.md`, `figure-3.svg`, `alpha.svg` and `results.json`.
 * @throws what opening the models throws, FileError when the folder cannot be written, the signal's reason.
 */
export async function miniature(options: MiniatureOptions): Promise<Results> {
	const { out, seed = 42, quick = false, folders = { model, clip, adapters }, signal, onProgress } = options;
	const extent = quick ? QUICK : WHOLE;
	await using models = await Models.open(folders);
	const weights = await fingerprint(folders);
	const settings: Settings = { ...extent, users: options.users ?? extent.users, seed, weights };
	const users = makeUsers(settings.users, seed);
	const methods = methodsOf(settings.ratios, settings.alphas);
	const measurements = await Measurements.open(out, settings);

	const total = users.length * methods.length;
	for (const user of users) {
		const open = methods.filter(({ method }) => !measurements.has(user.number, method.name));
		if (open.length === 0) continue;
		signal?.throwIfAborted();
		const study = await Study.of(user, models, settings, signal);
		for (const { method, drawn } of open) {
			await measurements.keep(await study.measure(method, drawn, signal));
			onProgress?.(measurements.all.length, total);
		}
	}

	const results = resultsOf(settings, users, measurements.all);
	await writeFile(join(out, "results.json"), `${JSON.stringify(results, null, "\t")}\n`);
	await writeFile(join(out, "figure-3.svg"), figure3(results));
	await writeFile(join(out, "alpha.svg"), alphaPlot(results));
	await writeFile(join(out, "report.md"), report(results));
	return results;
}
