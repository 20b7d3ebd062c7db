import { spawnSync } from "node:child_process";

/** The whole test run, in the order in which a failure says most: lint, types, behaviour, packages. */
const STEPS: readonly [name: string, command: string][] = [
	["lint", "biome check --error-on-warnings ."],
	["types", "tsc -p tsconfig.json"],
	["build", "turbo run build --ui=stream --output-logs=errors-only"],
	["packages", "turbo run check --ui=stream --output-logs=errors-only --concurrency=2"],
	["tests", "vitest run"],
];

const started = Date.now();
for (const [name, command] of STEPS) {
	console.log(`\n== ${name}: ${command}`);
	const { status } = spawnSync(command, { shell: true, stdio: "inherit" });
	if (status !== 0) {
		console.error(`\n${name} failed`);
		process.exit(1);
	}
}
console.log(`\nall passed in ${Math.round((Date.now() - started) / 1000)} s`);
