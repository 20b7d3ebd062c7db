import { defineConfig } from "vitest/config";

/** Apart from the other tests, since it needs the packages built. */
export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["test/packed/*.test.ts"],
		globalSetup: "test/packed/setup.ts",
		pool: "forks",
		fileParallelism: false,
		testTimeout: 120_000,
		hookTimeout: 600_000,
	},
});
