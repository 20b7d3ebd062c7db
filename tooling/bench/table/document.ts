import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Part } from "../run/part.ts";
import type { Result } from "../run/results.ts";
import { goalsBefore, sectionBefore, versionsBefore } from "./before.ts";
import { goalRows } from "./goals.ts";
import { markdown } from "./markdown.ts";
import { partSection } from "./part-table.ts";

const HEAD = `# Results

Written by [all.ts](all.ts), as [README.md](README.md) says. Each table says when and on which processor it was measured: a ratio belongs to a
processor. All sides ran by turns, each in a process of its own, with as many threads and the same inputs; times are medians of the turns, after
one that does not count. *× * is our time in theirs: below 1 we are faster. *Of the roof* is the rate of the network's operations as the reference computes
them, in what products of matrices reach at most in that dtype; who does less arithmetic for the same result has a higher one. *From float32* is how far
the result is from PyTorch's in float32: the size of the difference in the size of the result. Weights are random in the real sizes.
`;

/**
 * RESULTS.md: goals, a section for each part that was measured, and what was measured by hand. Of parts without a result here the
 * section and the goals stay as they are in `before`.
 */
export function document(
	parts: readonly { part: Part; result: Result | undefined }[],
	operations: Readonly<Record<string, number>>,
	before: string,
): string {
	const goals = parts.flatMap(({ part, result }) => {
		const rows = goalRows(part, result);
		return result ? rows : goalsBefore(before, rows);
	});
	const head = ["what", "here", "beside", "goal", "found", "met"];
	const sections = parts.flatMap(({ part, result }) => {
		const section = result ? partSection(part, result, operations) : sectionBefore(before, part);
		return section === undefined ? [] : [section];
	});
	const { versions } = parts.find(({ result }) => result)?.result ?? {};
	return [
		HEAD,
		`${versions ? versionsLine(versions) : versionsBefore(before)}\n`,
		"## Goals\n",
		`Ratios of time, but for the last of memory.\n`,
		`${markdown([head, ...goals])}\n`,
		...sections,
		readFileSync(join(import.meta.dirname, "../kept.md"), "utf8"),
	].join("\n");
}

function versionsLine(versions: Readonly<Record<string, string>>): string {
	return `${Object.entries(versions)
		.map(([name, version]) => `${name} ${version}`)
		.join(", ")}.`;
}
