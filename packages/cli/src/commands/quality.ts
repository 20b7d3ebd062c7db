import { type Command, Option } from "commander";
import { pixels } from "../options/drawing.ts";
import { addEncoders, addOpeningOptions, type ModelOptions, openingOf } from "../options/model.ts";
import { integer } from "../options/numbers.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { jsonText } from "../printable.ts";
import { Progress } from "../progress.ts";
import { quality } from "../quality/quality.ts";
import { qualityText } from "../quality/quality-text.ts";
import type { Surroundings } from "../surroundings.ts";

interface QualityOptions extends Omit<ModelOptions, "model" | "dtype">, OutputOptions {
	dtype: "int8" | "int4";
	prompt: string;
	layers: number;
	steps?: number;
	height?: number;
	width?: number;
}

export function addQuality(program: Command, around: Surroundings): void {
	const { stdout, signal } = around;
	const command = program
		.command("quality")
		.description(
			"measure how much a checkpoint loses with quantised weights: in a step, in a picture and in each layer",
		)
		.argument("<checkpoint>", "a hub id, a folder in the hub's layout, or a .safetensors file");
	addOutput(addEncoders(addOpeningOptions(command)))
		.addOption(new Option("--dtype <name>", "how weights are stored").choices(["int8", "int4"]).default("int8"))
		.option("--prompt <text>", "prompt of the picture", "a lighthouse on a cliff at dusk, oil painting")
		.option("--layers <n>", "how many of the worst layers to print; --json lists all", integer(0, 10_000), 10)
		.option("--steps <n>", "steps of the picture (default: the model's)", integer(1, 1000))
		.option("--height <pixels>", "height of the picture (default: the model's)", pixels)
		.option("--width <pixels>", "width of the picture (default: the model's)", pixels)
		.addHelpText("after", EXAMPLES)
		.action(async (checkpoint: string, options: QualityOptions) => {
			const { dtype, prompt, steps, height, width, layers } = options;
			const progress = new Progress(around, options.quiet);
			try {
				const { DiffusionPipeline } = await import("@drum/pipeline");
				const opening = await openingOf(options, progress, signal);
				const report = await quality((how) => DiffusionPipeline.fromPretrained(checkpoint, { ...opening, ...how }), {
					...{ checkpoint, dtype, prompt, steps, height, width, signal },
					onStep: (done, total) => progress.show("steps", done, total),
				});
				progress.end();
				stdout.write(options.json ? jsonText(report) : qualityText(report, layers));
			} finally {
				progress.end();
			}
		});
}

const EXAMPLES = `
It needs the memory of the weights as they are stored and of the quantised ones together.

Examples:
  drum quality stable-diffusion-v1-5/stable-diffusion-v1-5 --steps 10
  drum quality stabilityai/sd-turbo --steps 1 --dtype int8 --json
`;
