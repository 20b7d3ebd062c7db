import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { machineName, RunModels } from "@drum/eval-runs";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { adapters, clip, model } from "@drum/tiny";
import type { MeasureOptions } from "../measure-options.ts";
import { BEGINNING_ROWS, measureBeginnings } from "./beginnings.ts";
import { Bench } from "./bench.ts";
import { CHANGE_ROWS, measureChanges } from "./changes.ts";
import { DISLIKE_ROWS, measureDislikes } from "./dislikes.ts";
import { personReport } from "./person-report.ts";
import type { PersonResults } from "./person-results.ts";

export interface PersonOptions extends MeasureOptions {
	/** Of each table. Default 20; 2 if quick. */
	readonly users?: number | undefined;
}

/**
 * What the paper does not measure, written to `person.md` and `person.json`: dislikes, new users, and tastes that change.
 * @throws what opening the models throws, FileError when the folder cannot be written, the signal's reason.
 */
export async function measurePerson(options: PersonOptions): Promise<PersonResults> {
	const { out, seed = 42, quick = false, folders = { model, clip, adapters }, signal, onProgress } = options;
	const settings = { users: options.users ?? (quick ? 2 : 20), known: quick ? 4 : 100, seed, steps: quick ? 2 : 12 };
	const begun = performance.now();
	// Of each user: eight to look, and four a row; two a row; two a row.
	const total = settings.users * (8 + 4 * DISLIKE_ROWS.length + 2 * BEGINNING_ROWS.length + 2 * CHANGE_ROWS.length);
	let pictures = 0;
	await using models = await RunModels.open(folders, { models: STABLE_DIFFUSION });
	const bench = new Bench(models, settings.steps, (count) => {
		pictures += count;
		onProgress?.(pictures, total);
	});
	const asked = { ...settings, signal };
	const tables = {
		dislikes: Object.fromEntries(await measureDislikes(bench, asked)),
		beginnings: Object.fromEntries(await measureBeginnings(bench, asked)),
		changes: Object.fromEntries(await measureChanges(bench, asked)),
	};
	const seconds = (performance.now() - begun) / 1000;
	const results: PersonResults = { settings, seconds, machine: machineName(), pictures, tables };
	await mkdir(out, { recursive: true });
	await writeFile(join(out, "person.json"), `${JSON.stringify(results, null, "\t")}\n`);
	await writeFile(join(out, "person.md"), personReport(results));
	return results;
}
