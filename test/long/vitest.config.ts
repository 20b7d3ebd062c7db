import { CHEAP } from "@drum/test-process";
import { LONG_FILES } from "@drum/test-process/long-files";
import { defineConfig } from "vitest/config";

/** Apart from the usual run, for their time. They need the packages built. */
export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: [...LONG_FILES],
		pool: "forks",
		env: CHEAP,
		maxWorkers: 2,
		testTimeout: 300_000,
		hookTimeout: 300_000,
		expect: { poll: { timeout: 20_000 } },
	},
});
