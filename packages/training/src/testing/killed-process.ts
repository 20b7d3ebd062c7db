/**
 * Runs as a separate process, with JSON of `RunOptions` and the place where it kills itself, as by kill -9: while encoding a batch, in a step, or
 * after a file was written but not yet moved to its place. Places count from 1.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { MadeUpEncoder } from "@drum/test-made-up";
import { type RunOptions, run, SIZES } from "./made-up-run.ts";

const { encoding, file, ...options } = JSON.parse(process.argv[2]!) as RunOptions & {
	encoding?: number;
	file?: number;
};
const kill = () => process.kill(process.pid, "SIGKILL");

class KillingEncoder extends MadeUpEncoder {
	#calls = 0;

	override async encode(...input: Parameters<MadeUpEncoder["encode"]>) {
		if (++this.#calls === encoding) kill();
		return super.encode(...input);
	}
}

const { fsync } = fs;
let written = 0;
Object.assign(fs, {
	fsync(...call: Parameters<typeof fsync>) {
		if (++written === file) kill();
		fsync(...call);
	},
});
syncBuiltinESMExports();

await run({ ...options, encoder: new KillingEncoder(SIZES) });
