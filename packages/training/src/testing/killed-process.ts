/**
 * Run as a process of its own with JSON of `RunOptions` and where it is to kill itself, as kill -9 does: in the encoding of a batch,
 * within a step, or when a file has been written, but not yet moved to its place; both count from 1.
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
