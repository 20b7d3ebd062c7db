import { defineConfig } from "vitest/config";

/** Frameworks and runtimes that are installed for it: minutes, and apart from the usual run. It needs the packages built. */
export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["test/environments/*.test.ts"],
		globalSetup: ["test/packed/setup.ts", "test/environments/setup.ts"],
		pool: "forks",
		fileParallelism: false,
		testTimeout: 600_000,
		hookTimeout: 600_000,
	},
});
