export interface Step {
	/** Says what fails when it fails. */
	name: string;
	command: string;
	/** Where a vitest step leaves its counts, from the root. */
	counts?: string;
	/** Run only where it is named: it takes minutes, and installs what most do not need. */
	named?: boolean;
}

const COUNTS = "node_modules/.cache/tests";

function vitest(name: string, options = ""): Step {
	const counts = `${COUNTS}/${name}.json`;
	return {
		name,
		counts,
		command: `vitest run${options} --reporter=default --reporter=json --outputFile.json=${counts}`,
	};
}

/** All of a test run: what it needs, then quick ones first. Each stands alone, but those from `packages` on need `build`. */
export const STEPS: readonly Step[] = [
	{ name: "prepare", command: "tsx tooling/checks/prepare.ts" },
	{ name: "lint", command: "biome check --error-on-warnings ." },
	{ name: "arrows", command: "tsx tooling/checks/arrows.ts" },
	{ name: "conventions", command: "tsx tooling/checks/conventions.ts" },
	{ name: "links", command: "tsx tooling/checks/links.ts" },
	{ name: "manifests", command: "tsx tooling/checks/manifests.ts" },
	{ name: "workflows", command: "tsx tooling/checks/workflows.ts" },
	{ name: "types", command: "tsc -p tsconfig.json" },
	{ name: "page", command: "npm --prefix apps/demo run check:page" },
	{ name: "unused", command: "knip" },
	{ name: "build", command: "turbo run build --ui=stream --output-logs=errors-only --log-order=grouped" },
	{ name: "packages", command: "turbo run check --ui=stream --output-logs=errors-only --log-order=grouped" },
	{ name: "sizes", command: "size-limit" },
	vitest("tests"),
	{ name: "lag", command: "tsx --conditions=@drum/source test/lag/lag.ts" },
	vitest("demo", " --config apps/demo/test/vitest.config.ts"),
	vitest("packed", " --config test/packed/vitest.config.ts"),
	{ ...vitest("environments", " --config test/environments/vitest.config.ts"), named: true },
];
