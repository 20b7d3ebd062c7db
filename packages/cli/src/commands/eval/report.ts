import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "@drum/tensor";
import type { Command } from "commander";
import { evaluationRuns } from "../../evaluation/packages.ts";
import { placeOf } from "../../evaluation/place.ts";
import { DATABASE_FLAG } from "../../options/evaluation.ts";
import { checkFolder } from "../../output-folder.ts";
import type { Surroundings } from "../../surroundings.ts";

export function addReport(program: Command, around: Surroundings): void {
	program
		.command("report")
		.description("write a run's tables, figures and contact sheets: report.md, report.html, results.parquet")
		.argument("<folder>", "the run's folder, where the report is written")
		.option(DATABASE_FLAG, "the database with the run, if it is not in the folder (default: DATABASE_URL)")
		.addHelpText("after", EXAMPLES)
		.action((folder: string, options: { database?: string }) => report(folder, options, around));
}

async function report(folder: string, options: { database?: string }, around: Surroundings): Promise<void> {
	const place = placeOf(options, folder, around);
	const missing = { what: `run folder ${folder}`, expected: "a run, as drum eval run makes it", found: "none" };
	if ("folder" in place && !(await stat(join(place.folder, "postgres")).catch(() => undefined))) {
		throw new FileError(missing);
	}
	await checkFolder(folder);
	const { RunStore, writeReport } = await evaluationRuns();
	await using store = await RunStore.open(place);
	const settings = await store.settings();
	if (!settings) throw new FileError(missing);
	const paths = await writeReport(store, settings, folder);
	around.stdout.write(paths.map((path) => `${path}\n`).join(""));
}

const EXAMPLES = `
The report of an unfinished run has the results so far. results.parquet has a row for each user, method and model:
  duckdb -c "select method, avg(clip_score_target) from 'out/movielens/results.parquet' group by all"

Example:
  drum eval report out/movielens
`;
