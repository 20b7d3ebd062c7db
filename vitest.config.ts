import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { CHEAP } from "./tooling/test-process/index.ts";
import { LONG_FILES } from "./tooling/test-process/long-files.ts";
import { LongFirst } from "./tooling/test-process/long-first.ts";
import { TOGETHER } from "./tooling/test-process/together.ts";

const ELSEWHERE = [
	...configDefaults.exclude,
	...LONG_FILES,
	"test/packed/**",
	"test/environments/**",
	"apps/{demo,browser}/test/**",
];

export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		projects: [
			{
				extends: true,
				test: {
					name: "apart",
					include: ["packages/*/src/**/*.test.ts", "apps/**/*.test.ts", "test/**/*.test.ts"],
					exclude: [...ELSEWHERE, ...TOGETHER],
				},
			},
			{ extends: true, test: { name: "together", isolate: false, include: [...TOGETHER], exclude: ELSEWHERE } },
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
