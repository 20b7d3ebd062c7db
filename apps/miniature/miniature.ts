import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { degreeLine, evaluate, figure3, figure7, RunModels, RunStore } from "@drum/eval-runs";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { adapters, clip, makeUsers, model } from "@drum/tiny";
import type { MeasureOptions } from "./measure-options.ts";
import { DEGREE, degrees } from "./methods.ts";
import { report } from "./report.ts";
import { type Results, resultsOf } from "./results.ts";
import { MORE, QUICK, runSettings, type Settings, WHOLE } from "./settings.ts";
import { tasteMeter } from "./taste-meter.ts";

export interface MiniatureOptions extends MeasureOptions {
	/** Default 50; 5 if quick. */
	readonly users?: number | undefined;
}

/**
 * The paper's measurements in miniature, written to `report.md`, `figure-3.svg`, `alpha.svg` and `results.json`.
 * @throws what opening the models throws, FileError when the folder cannot be written, the signal's reason.
 */
export async function miniature(options: MiniatureOptions): Promise<Results> {
	const { out, seed = 42, quick = false, folders = { model, clip, adapters }, signal, onProgress } = options;
	const extent = quick ? QUICK : WHOLE;
	const settings: Settings = { ...extent, users: options.users ?? extent.users, seed };
	const users = makeUsers(settings.users, seed);
	await using store = await RunStore.open({ folder: join(out, "runs", digestOf([settings, folders])) });
	await store.begin(runSettings(settings), () =>
		users.map(({ number, history, targets }) => ({
			id: String(number),
			history: history.map(({ prompt, intensity }) => ({ prompt, intensity })),
			targets: targets.map(({ prompt }) => prompt),
		})),
	);
	await evaluate({
		...{ store, more: MORE, signal },
		open: () => RunModels.open(folders, { models: STABLE_DIFFUSION }),
		rewriters: () => ({ wish: async ({ number }) => users[number]!.targets.map(({ wish }) => wish) }),
		measurePictures: ({ scorer }) => tasteMeter(scorer.text, users),
		onUnit: onProgress,
	});

	const results = resultsOf(settings, users, await store.units());
	await mkdir(out, { recursive: true });
	await writeFile(join(out, "results.json"), `${JSON.stringify(results, null, "\t")}\n`);
	const sampling = { ratios: settings.ratios, alpha: DEGREE.alpha };
	await writeFile(
		join(out, "figure-3.svg"),
		figure3((method) => results.methods[method]!.textAlign, sampling),
	);
	await writeFile(join(out, "alpha.svg"), alphaPlot(results));
	await writeFile(join(out, "report.md"), report(results));
	return results;
}

/** Figure 7 in numbers, with the share of pictures that show the taste. */
function alphaPlot({ settings: { alphas }, methods }: Results): string {
	const rows = degrees(alphas).map(({ name }) => methods[name]!);
	const shown = rows.map(({ shown }) => shown!);
	const more = [degreeLine("pictures that show the taste, %", alphas, shown, 100)];
	return figure7(
		rows.map(({ clipScore }) => clipScore!),
		alphas,
		{ label: "× 100", more },
	);
}

/** Runs of other settings lie next to each other. */
function digestOf(value: unknown): string {
	return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
}
