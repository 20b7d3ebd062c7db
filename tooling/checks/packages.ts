import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { report } from "./report.ts";
import { ROOT } from "./sources.ts";

/** Our packages are ESM alone, which these ways to resolve a name cannot reach. */
const NOT_FOR_ESM: ReadonlySet<string> = new Set(["node10", "node16-cjs"]);

// All in one process: one for each package would load pnpm and TypeScript again every time.
const folder = await mkdtemp(join(tmpdir(), "drum-packages-"));
const findings: string[] = [];
try {
	await promisify(execFile)("pnpm", ["--recursive", "--filter=./packages/*", "pack", "--pack-destination", folder], {
		cwd: ROOT,
	});
	for (const name of (await readdir(folder)).sort()) {
		const tarball = new Uint8Array(await readFile(join(folder, name)));
		findings.push(...(await wrongTypes(tarball)), ...(await wrongManifest(tarball.buffer)));
	}
} finally {
	await rm(folder, { recursive: true, force: true });
}
report("packages", findings);

async function wrongTypes(tarball: Uint8Array): Promise<string[]> {
	const pack = createPackageFromTarballData(tarball);
	const analysis = await checkPackage(pack);
	if (!analysis.types) return [`${pack.packageName}: no types`];
	return analysis.problems
		.filter((problem) => !("resolutionKind" in problem && NOT_FOR_ESM.has(problem.resolutionKind)))
		.map((problem) => `${pack.packageName}: types, ${JSON.stringify(problem)}`);
}

async function wrongManifest(tarball: ArrayBuffer): Promise<string[]> {
	const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
	return messages.map((message) => `${pkg.name}: ${formatMessage(message, pkg, { color: false })}`);
}
