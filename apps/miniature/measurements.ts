import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "@drum/tensor";
import type { Settings } from "./settings.ts";
import type { Measurement } from "./study.ts";

/** What is measured, kept line by line as it comes, so that a run that was stopped goes on where it was. */
export class Measurements {
	readonly #file: string;
	readonly #kept: Map<string, Measurement>;

	private constructor(file: string, kept: Map<string, Measurement>) {
		this.#file = file;
		this.#kept = kept;
	}

	/**
	 * Opens `measurements.jsonl` in a folder. What is there of other settings is thrown away.
	 * @throws FileError when it cannot be written.
	 */
	static async open(folder: string, settings: Settings): Promise<Measurements> {
		const file = join(folder, "measurements.jsonl");
		const lines = await readLines(file);
		const same = JSON.stringify(lines[0]) === JSON.stringify(settings);
		const all = same ? (lines.slice(1) as Measurement[]) : [];
		try {
			await mkdir(folder, { recursive: true });
			// Written anew, a line that an interrupt cut off is gone.
			await writeFile(file, [settings, ...all].map(lineOf).join(""));
		} catch (cause) {
			throw new FileError({ what: file, expected: "a file that can be written", found: String(cause), cause });
		}
		return new Measurements(file, new Map(all.map((each) => [keyOf(each.user, each.method), each])));
	}

	get all(): Measurement[] {
		return [...this.#kept.values()];
	}

	has(user: number, method: string): boolean {
		return this.#kept.has(keyOf(user, method));
	}

	async keep(measurement: Measurement): Promise<void> {
		await appendFile(this.#file, lineOf(measurement));
		this.#kept.set(keyOf(measurement.user, measurement.method), measurement);
	}
}

/** Up to the first line that does not parse. */
async function readLines(file: string): Promise<unknown[]> {
	const text = await readFile(file, "utf8").catch(() => "");
	const parsed: unknown[] = [];
	for (const line of text.split("\n")) {
		try {
			parsed.push(JSON.parse(line));
		} catch {
			break;
		}
	}
	return parsed;
}

function keyOf(user: number, method: string): string {
	return `${user} ${method}`;
}

function lineOf(value: unknown): string {
	return `${JSON.stringify(value)}\n`;
}
