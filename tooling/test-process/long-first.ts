import { existsSync } from "node:fs";
import { join } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files of tests that take longest, from the root. They begin first, longest first: with one of them begun last, the other
 * processes would have nothing to do for as long as it takes.
 */
const LONGEST: readonly string[] = [
	"test/examples/examples.test.ts",
	"test/examples/commands.test.ts",
	"packages/database/src/job-queue.test.ts",
	"packages/cli/src/generate.test.ts",
	"packages/database/src/dump-tables.test.ts",
	"packages/encoders-t5/src/quantized.test.ts",
	"packages/hub/src/download.test.ts",
	"packages/eval-runs/src/user-study.test.ts",
	"test/fuzz/fuzz.test.ts",
	"packages/pipelines-flux/src/transformer/blocks.test.ts",
	"test/golden/families.test.ts",

	"apps/demo/test/page.test.ts",
];
const ROOT = join(import.meta.dirname, "../..");
const RANKS = new Map(LONGEST.map((path, rank) => [join(ROOT, path), rank]));

/** The order of files: the longest first, the rest as vitest would have them. */
export class LongFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		for (const path of RANKS.keys())
			if (!existsSync(path)) throw new Error(`no ${path}: its place among the longest is free`);
		const rank = ({ moduleId }: TestSpecification) => RANKS.get(moduleId) ?? RANKS.size;
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}
