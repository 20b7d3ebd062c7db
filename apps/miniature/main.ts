import { parseArgs } from "node:util";
import { ArgumentError, DrumError } from "@drum/tensor";
import { miniature } from "./miniature.ts";
import { measurePerson } from "./person/measure-person.ts";
import { ProgressLine } from "./progress-line.ts";
import { measureWhy } from "./why/measure-why.ts";

/** By the names of their reports. */
const MEASURES = { report: miniature, person: measurePerson, why: measureWhy };
const controller = new AbortController();
// A second interrupt kills: the handler is then gone.
process.once("SIGINT", () => controller.abort(new Error("stopped: the same command continues from here")));
const progress = new ProgressLine(process.stderr);
try {
	const { values } = parseArgs({
		options: {
			users: { type: "string" },
			seed: { type: "string" },
			out: { type: "string", default: "out/miniature" },
			quick: { type: "boolean", default: false },
			person: { type: "boolean", default: false },
			why: { type: "boolean", default: false },
		},
	});
	if (values.person && values.why)
		throw new ArgumentError({ what: "options", expected: "one of --person and --why", found: "both" });
	const name = values.person ? "person" : values.why ? "why" : "report";
	await MEASURES[name]({
		out: values.out,
		users: integer("--users", values.users, 2, 10_000),
		seed: integer("--seed", values.seed, 0, 1_000_000),
		quick: values.quick,
		signal: controller.signal,
		onProgress: (done, total) => progress.show(done, total),
	});
	progress.end();
	console.log(`${values.out}/${name}.md`);
} catch (error) {
	progress.end();
	const wrongOption = String((error as NodeJS.ErrnoException | null)?.code).startsWith("ERR_PARSE_ARGS");
	const expected = DrumError.is(error) || wrongOption || error === controller.signal.reason;
	console.error(expected ? (error as Error).message : error);
	process.exitCode = controller.signal.aborted ? 130 : 1;
}

function integer(what: string, text: string | undefined, least: number, most: number): number | undefined {
	if (text === undefined) return undefined;
	const value = Number(text);
	if (/^\d+$/.test(text) && value >= least && value <= most) return value;
	throw new ArgumentError({ what, expected: `an integer from ${least} to ${most}`, found: text });
}
