import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Scores } from "@drum/eval";
import { machineName, RunModels } from "@drum/eval-runs";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { adapters, clip, makeUsers, model } from "@drum/tiny";
import type { MeasureOptions } from "../measure-options.ts";
import { Bench } from "../person/bench.ts";
import { measureUser, PICTURES_OF_USER } from "./measure-user.ts";
import { makePairs, PAIRS_OF_USER } from "./pairs.ts";
import { Studies } from "./studies.ts";
import { whyReport } from "./why-report.ts";
import { DEGREES, type MeasuredUser, type WhyResults } from "./why-results.ts";

export interface WhyOptions extends MeasureOptions {
	/** Default 50; 2 if quick. A user who was measured before with the same settings is not measured again. */
	readonly users?: number | undefined;
	/** Of a run. Default as many as the machine has cores. */
	readonly threads?: number | undefined;
}

/**
 * Why claims of the paper do not hold in the report, written to `why.md` and `why.json`: other users, other targets and other references
 * in turn, and all else the same.
 * @throws what opening the models throws, FileError when the folder cannot be written, the signal's reason.
 */
export async function measureWhy(options: WhyOptions): Promise<WhyResults> {
	const { out, seed = 42, quick = false, folders = { model, clip, adapters }, threads, signal, onProgress } = options;
	const settings = { users: options.users ?? (quick ? 2 : 50), seed, long: quick ? 40 : 300, steps: quick ? 2 : 12 };
	const each = PICTURES_OF_USER + PAIRS_OF_USER * DEGREES.length;
	const kept = join(out, "runs", `why-${quick ? "quick" : "whole"}-${seed}`);
	await mkdir(kept, { recursive: true });
	let pictures = 0;
	await using models = await RunModels.open(folders, { models: STABLE_DIFFUSION, threads });
	const bench = new Bench(models, settings.steps, (count) => {
		pictures += count;
		onProgress?.(pictures, settings.users * each);
	});
	const pairs = makePairs(PAIRS_OF_USER * settings.users, seed);
	const users: MeasuredUser[] = [];
	for (const user of makeUsers(settings.users, seed)) {
		signal?.throwIfAborted();
		const path = join(kept, `${models.fingerprint.slice(0, 8)}-user-${user.number}.json`);
		const known = await readKept(path);
		if (known) {
			pictures += each;
			users.push(known);
			continue;
		}
		const begun = performance.now();
		const rows = await measureUser(new Studies(bench, user.number), user, settings);
		const between: Scores[][] = [];
		for (let i = 0; i < PAIRS_OF_USER; i++) {
			const number = PAIRS_OF_USER * user.number + i;
			const { target, reference } = pairs[number]!;
			const scores: Scores[] = [];
			for (const alpha of DEGREES) scores.push(await new Studies(bench, number).between(target, reference, alpha));
			between.push(scores);
		}
		const measured = { rows, pairs: between, seconds: (performance.now() - begun) / 1000 };
		await writeFile(`${path}.part`, JSON.stringify(measured));
		await rename(`${path}.part`, path);
		users.push(measured);
	}
	onProgress?.(pictures, settings.users * each);
	const results: WhyResults = { settings, machine: machineName(), pictures, users };
	await writeFile(join(out, "why.json"), `${JSON.stringify(results, null, "\t")}\n`);
	await writeFile(join(out, "why.md"), whyReport(results));
	return results;
}

async function readKept(path: string): Promise<MeasuredUser | undefined> {
	try {
		return JSON.parse(await readFile(path, "utf8")) as MeasuredUser;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}
