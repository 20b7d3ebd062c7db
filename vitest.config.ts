import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["packages/*/src/**/*.test.ts", "apps/**/*.test.ts", "test/**/*.test.ts"],
		exclude: [...configDefaults.exclude, "test/packed/**", "apps/demo/test/**"],
		pool: "forks",
		testTimeout: 60_000,
		hookTimeout: 60_000,
	},
});
