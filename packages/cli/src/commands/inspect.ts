import type { Command } from "commander";
import { inspect } from "../inspect/inspect.ts";
import { reportText } from "../inspect/report-text.ts";
import { addSourceOptions, type SourceOptions, sourceOf } from "../options/model.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { jsonText } from "../printable.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";

interface InspectOptions extends SourceOptions, OutputOptions {
	variant?: string;
}

export function addInspect(program: Command, around: Surroundings): void {
	const { stdout, signal } = around;
	const command = program
		.command("inspect")
		.description(
			"show what a checkpoint, an adapter or a profile contains, or how a picture was drawn; weights are not downloaded",
		)
		.argument("<source>", "a hub id, a folder, a .safetensors file, or a .png, .jpg or .webp picture")
		.option("--variant <name>", "variant of the weights, such as fp16");
	addOutput(addSourceOptions(command))
		.addHelpText("after", EXAMPLES)
		.action(async (source: string, options: InspectOptions) => {
			const progress = new Progress(around, options.quiet);
			try {
				const report = await inspect(source, options.variant, sourceOf(options, progress, signal));
				progress.end();
				stdout.write(options.json ? jsonText(report) : reportText(report));
			} finally {
				progress.end();
			}
		});
}

const EXAMPLES = `
Examples:
  drum inspect stable-diffusion-v1-5/stable-diffusion-v1-5 --variant fp16
  drum inspect Burf/DrUM
  drum inspect me.safetensors --json
  drum inspect out/42-1.png
`;
