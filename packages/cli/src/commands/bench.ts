import { availableParallelism } from "node:os";
import { DeviceError } from "@drum/tensor";
import { type Command, Option } from "commander";
import { type BenchReport, bench } from "../bench/bench.ts";
import { benchText } from "../bench/bench-text.ts";
import { givenOptions } from "../bench/given-options.ts";
import { InputEnd } from "../bench/input-end.ts";
import { measure } from "../bench/measure.ts";
import { pixels } from "../options/drawing.ts";
import { addEncoders, addOpeningOptions, type Dtype, dtype, type ModelOptions, openModel } from "../options/model.ts";
import { integer, list } from "../options/numbers.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { jsonText } from "../printable.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";

interface BenchOptions extends Omit<ModelOptions, "model" | "dtype">, OutputOptions {
	dtype: Dtype[];
	steps?: number;
	images: number;
	height?: number;
	width?: number;
	here?: true;
}

export function addBench(program: Command, around: Surroundings): void {
	const { stdout, stderr, stdin, signal } = around;
	const command = program
		.command("bench")
		.description("measure how long a checkpoint takes for a picture on this machine, for each --dtype")
		.argument("<checkpoint>", "a hub id, a folder in the hub's layout, or a .safetensors file");
	addOutput(addEncoders(addOpeningOptions(command)))
		.option("--dtype <names>", "how weights are stored, separated by commas", list(dtype), ["auto", "int8", "int4"])
		.option(
			"--steps <n>",
			"steps of a picture (default: the model's); at most 5 of them are measured",
			integer(1, 1000),
		)
		.option("--images <n>", "pictures drawn at once", integer(1, 64), 1)
		.option("--height <pixels>", "height of the picture (default: the model's)", pixels)
		.option("--width <pixels>", "width of the picture (default: the model's)", pixels)
		.addOption(new Option("--here", "one dtype, in this process").hideHelp())
		.addHelpText("after", EXAMPLES)
		.action(async (checkpoint: string, options: BenchOptions) => {
			const { threads, steps, images, height, width, dtype: dtypes } = options;
			const progress = new Progress(around, options.quiet);
			const open = () => openModel({ ...options, model: checkpoint, dtype: dtypes[0]! }, progress, signal);
			try {
				if (options.here) {
					using input = new InputEnd(stdin);
					const onStep = (done: number, total: number) => progress.show("steps", done, total, dtypes[0]);
					const atOnce = threads ?? availableParallelism();
					const either = AbortSignal.any([signal, input.signal]);
					const given = { steps, images, height, width, threads: atOnce, signal: either, onStep };
					stdout.write(jsonText(await measure(open, given)));
					return;
				}
				// What is wrong with the checkpoint shows here, and its download.
				await (await open()).release();
				progress.end();
				const argv = givenOptions(command, ["dtype", "json"]);
				const report = await bench(checkpoint, { dtypes, threads, argv, stderr, signal });
				stdout.write(options.json ? jsonText(report) : benchText(report));
				if (!report.recommended) throw new DeviceError({ what: "no dtype could be measured", found: failures(report) });
			} finally {
				progress.end();
			}
		});
}

function failures({ results }: BenchReport): string {
	return results.map((result) => `${result.dtype}: ${"error" in result ? result.error : ""}`).join("; ");
}

const EXAMPLES = `
Examples:
  drum bench stable-diffusion-v1-5/stable-diffusion-v1-5 --variant fp16
  drum bench ./sd1 --dtype int8 --images 4
  drum bench stabilityai/sd-turbo --steps 1 --vae madebyollin/taesd --dtype auto,int8 --json
`;
