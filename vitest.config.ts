import { defineConfig } from "vitest/config";

export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
		pool: "forks",
		testTimeout: 60_000,
	},
});
