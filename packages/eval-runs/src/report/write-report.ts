import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileError } from "@drum/tensor";
import type { RunStore } from "../run-store.ts";
import type { RunSettings } from "../settings.ts";
import type { ReportDocument } from "./document.ts";
import { html } from "./html.ts";
import { markdown } from "./markdown.ts";
import { writeParquet } from "./parquet.ts";
import { readRun } from "./run-report.ts";
import { tellRun } from "./tell-run.ts";

/**
 * Writes what a run has measured so far: `report.md` with its plots and pictures, `report.html`, which needs no other file, and
 * `results.parquet`, a row for each unit.
 * @returns the three files' paths
 * @throws FileError where the folder cannot be written; ArgumentError where DuckDB is not installed.
 */
export async function writeReport(store: RunStore, settings: RunSettings, folder: string): Promise<string[]> {
	const run = await readRun(store, settings);
	const document = tellRun(run);
	const paths = ["report.md", "report.html", "results.parquet"].map((name) => join(folder, name));
	try {
		for (const [file, content] of filesOf(document)) {
			await mkdir(dirname(join(folder, file)), { recursive: true });
			await writeFile(join(folder, file), content);
		}
		await writeFile(paths[0]!, markdown(document));
		await writeFile(paths[1]!, html(document));
	} catch (cause) {
		const found = (cause as Error).message;
		throw new FileError({ what: `report in ${folder}`, expected: "a folder that can be written to", found, cause });
	}
	await writeParquet(run, paths[2]!);
	return paths;
}

/** What lies next to the Markdown. */
function filesOf(document: ReportDocument): [file: string, content: string | Uint8Array][] {
	return document.flatMap((part): [string, string | Uint8Array][] => {
		if (part.kind === "figure") return [[part.file, part.svg]];
		if (part.kind !== "sheet") return [];
		const pictures = part.rows.flatMap(({ pictures }) => pictures).filter((picture) => picture !== undefined);
		return pictures.map(({ file, png }) => [file, png]);
	});
}
