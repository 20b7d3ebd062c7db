import { defineConfig } from "vitest/config";

/** Apart from the other tests: real processes and a browser, which want the machine to themselves. */
export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["apps/demo/test/*.test.ts"],
		pool: "forks",
		fileParallelism: false,
		testTimeout: 300_000,
		hookTimeout: 300_000,
	},
});
