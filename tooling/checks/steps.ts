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

function alone(name: string, command: string): Step[][] {
	return [[{ name, command }]];
}

/** The whole documentation, looked at in a browser. */
function site(): Step {
	const looked = vitest("site", " --config docs/test/vitest.config.ts");
	return { ...looked, command: `npm --prefix docs run build:site && ${looked.command}` };
}

const TURBO = "--ui=stream --output-logs=errors-only --log-order=grouped";

/**
 * All of a test run: what it needs, then quick ones first. Each stands alone, but those after it need `build`. The
 * parts follow each other; lanes of a part run at the same time, and a lane's steps follow each other.
 */
export const PARTS: readonly (readonly (readonly Step[])[])[] = [
	alone("prepare", "tsx tooling/checks/prepare.ts"),
	alone("lint", "biome check --error-on-warnings ."),
	alone("arrows", "tsx tooling/checks/arrows.ts"),
	alone("conventions", "tsx tooling/checks/conventions.ts"),
	alone("links", "tsx tooling/checks/links.ts"),
	alone("manifests", "tsx tooling/checks/manifests.ts"),
	alone("workflows", "tsx tooling/checks/workflows.ts"),
	// A dead link fails the documentation; the API's pages, which take longer, are in `site`.
	[
		[{ name: "types", command: "tsc -p tsconfig.json" }],
		[
			{ name: "docs", command: "npm --prefix docs run check:site" },
			{ name: "page", command: "npm --prefix apps/demo run check:page && npm --prefix apps/browser run check:page" },
			{ name: "unused", command: "knip" },
		],
	],
	alone("build", `turbo run build ${TURBO}`),
	alone("lag", "tsx --conditions=@drum/source test/lag/lag.ts"),
	[
		[vitest("tests")],
		// Tests of packages wait for npm as long as they compute.
		[
			{ name: "sizes", command: "size-limit" },
			{ name: "packages", command: "tsx tooling/checks/packages.ts" },
			vitest("packed", " --config test/packed/vitest.config.ts"),
		],
	],
	[[vitest("demo", " --config apps/demo/test/vitest.config.ts")]],
	[[{ ...site(), named: true }]],
	[[{ ...vitest("long", " --config test/long/vitest.config.ts"), named: true }]],
	[[{ ...vitest("environments", " --config test/environments/vitest.config.ts"), named: true }]],
];
