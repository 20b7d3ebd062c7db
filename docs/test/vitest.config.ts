import { defineConfig } from "vitest/config";

/** Needs the built site: `pnpm --filter @drum/docs build:site`. */
export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["docs/test/*.test.ts"],
		pool: "forks",
		testTimeout: 600_000,
		hookTimeout: 120_000,
	},
});
