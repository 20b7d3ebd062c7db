import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DrumError } from "@drum/tensor";
import { checkFolder } from "./golden.ts";

// pnpm golden <folder>: compares these packages with reference numbers in a folder laid out as test/golden/fixtures/reference is.

const [folder] = process.argv.slice(2).filter((argument) => argument !== "--");
if (!folder) {
	console.error("usage: pnpm golden <folder>");
	process.exit(2);
}
try {
	const root = resolve(process.env.INIT_CWD ?? ".", folder);
	await readFile(join(root, "manifest.json")).catch(() => {
		throw new Error(`${root} has no manifest.json`);
	});
	const { groups, unchecked } = await checkFolder(root);
	const width = Math.max(...groups.map(({ name }) => name.length));
	for (const { name, numbers, largest, failures } of groups) {
		const verdict = failures === 0 ? "ok" : `FAILED: ${failures} beyond tolerance`;
		console.log(
			`${name.padEnd(width)}  ${String(numbers).padStart(8)} numbers  largest error ${largest.toExponential(2)}  ${verdict}`,
		);
	}
	if (unchecked.length > 0) console.log(`not checked here: ${unchecked.join(", ")}`);
	const failed = groups.filter(({ failures }) => failures > 0).length;
	console.log(`golden: ${groups.length} groups, ${failed} failed`);
	process.exitCode = failed > 0 || groups.length === 0 ? 1 : 0;
} catch (error) {
	if (!DrumError.is(error) && !(error instanceof Error)) throw error;
	console.error((error as Error).message);
	console.log("golden: 0 groups, 1 failed");
	process.exitCode = 1;
}
