import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrumError } from "@drum/tensor";
import { Random } from "./random.ts";
import * as targets from "./targets/index.ts";

/** What this process says of each changed file: that it begins, and how it ended. */
export type Report =
	| { file: number }
	| { file: number; outcome: "read" | "refused" | "failed"; text: string; milliseconds: number; memory: number };

const [name, seed, from, to] = process.argv.slice(2) as [string, string, string, string];
const target = Object.values(targets).find((each) => each.name === name)!;
const folder = await mkdtemp(join(tmpdir(), "drum-fuzz-"));
const attempt = await target.prepare(folder);
const before = process.memoryUsage().rss;
for (let file = Number(from); file < Number(to); file++) {
	await say({ file });
	const [start, used] = [performance.now(), process.cpuUsage()];
	let outcome: "read" | "refused" | "failed" = "read";
	let text = "";
	try {
		await attempt(new Random(Number(seed) * 1_000_003 + file));
	} catch (error) {
		outcome = DrumError.is(error) && isPrintable(error.message) ? "refused" : "failed";
		text = error instanceof Error ? (error.stack ?? error.message) : `${error}`;
	}
	// A busy machine makes all files slow by the clock, and several threads make them slow by the processor: a slow file is both.
	const { user, system } = process.cpuUsage(used);
	const milliseconds = Math.min(performance.now() - start, (user + system) / 1000);
	const memory = process.memoryUsage().rss - before;
	await say({ file, outcome, text: outcome === "failed" ? text : "", milliseconds, memory });
}
await rm(folder, { recursive: true });
process.exit(0);

/** Waits until it is sent: what waits to be sent is lost where the process ends. */
function say(report: Report): Promise<void> {
	return new Promise((resolve, reject) => {
		process.send!(report, (error: Error | null) => (error ? reject(error) : resolve()));
	});
}

function isPrintable(text: string): boolean {
	return !/\p{Cc}/u.test(text);
}
