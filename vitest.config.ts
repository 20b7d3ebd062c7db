import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { CHEAP } from "./tooling/test-process/index.ts";
import { LONG_FILES } from "./tooling/test-process/long-files.ts";
import { LongFirst } from "./tooling/test-process/long-first.ts";

export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["packages/*/src/**/*.test.ts", "apps/**/*.test.ts", "test/**/*.test.ts"],
		exclude: [
			...configDefaults.exclude,
			...LONG_FILES,
			"test/packed/**",
			"test/environments/**",
			"apps/{demo,browser}/test/**",
		],
		pool: "forks",
		env: CHEAP,
		sequence: { sequencer: LongFirst },
		// Each runs models in one thread, and many wait, for other processes and for clocks: three share two cores well.
		maxWorkers: availableParallelism() + 1,
		testTimeout: 120_000,
		hookTimeout: 120_000,
	},
});
