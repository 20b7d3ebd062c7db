import { CHEAP } from "@drum/test-process";
import { LONG_FILES } from "@drum/test-process/long-files";
import { LongFirst } from "@drum/test-process/long-first";
import { configDefaults, defineConfig } from "vitest/config";

/** Apart from the other tests: each file has processes of its own and maybe a browser, and two such are enough for a machine. */
export default defineConfig({
	resolve: { conditions: ["@drum/source"] },
	ssr: { resolve: { conditions: ["@drum/source"] } },
	test: {
		include: ["apps/{demo,browser}/test/*.test.ts"],
		exclude: [...configDefaults.exclude, ...LONG_FILES],
		pool: "forks",
		env: CHEAP,
		sequence: { sequencer: LongFirst },
		maxWorkers: 2,
		testTimeout: 300_000,
		hookTimeout: 300_000,
		expect: { poll: { timeout: 20_000 } },
	},
});
