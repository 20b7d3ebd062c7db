import { CheckpointError } from "@drum/tensor";
import type { Command } from "commander";
import { givenOptions } from "../bench/given-options.ts";
import { type DoctorReport, doctor } from "../doctor/doctor.ts";
import { doctorText } from "../doctor/doctor-text.ts";
import { withoutPrivate } from "../doctor/without-private.ts";
import { pixels } from "../options/drawing.ts";
import { addLoras, checkLoras, type LoraChoices, loadLoras } from "../options/loras.ts";
import { adaptersOf, addModelOptions, type ModelOptions, openingOf, openModel, sourceOf } from "../options/model.ts";
import { integer } from "../options/numbers.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { checkTarget } from "../pictures.ts";
import { jsonText } from "../printable.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";

interface DoctorCommandOptions extends Omit<ModelOptions, "model">, LoraChoices, OutputOptions {
	adapters?: string;
	steps: number;
	height?: number;
	width?: number;
	out: string;
}

export function addDoctor(program: Command, around: Surroundings): void {
	const { stdout, signal, env } = around;
	const command = program
		.command("doctor")
		.description(
			"run every part of a checkpoint on known inputs, and print a report in Markdown to paste into an issue",
		)
		.argument("<checkpoint>", "a hub id, a folder or a .safetensors file: a checkpoint, adapters or a LoRA");
	addLoras(addOutput(addModelOptions(command)))
		.option("--adapters <id or folder>", "also draw with DrUM's adapters, such as Burf/DrUM")
		.option("--steps <n>", "steps of the first picture", integer(1, 1000), 4)
		.option("--height <pixels>", "height of the first picture (default: the model's)", pixels)
		.option("--width <pixels>", "width of the first picture (default: the model's)", pixels)
		.option("--out <folder>", "where the first picture is saved", "out")
		.addHelpText("after", NOTES)
		.action(async (checkpoint: string, options: DoctorCommandOptions) => {
			const { adapters, steps, height, width, out, lora = [], token } = options;
			const progress = new Progress(around, options.quiet);
			const model = { ...options, model: checkpoint };
			try {
				const target = await checkTarget(out);
				await checkLoras(options, progress, signal);
				const report = await doctor(checkpoint, {
					...{ target, steps, height, width, signal, variant: options.variant },
					repository: sourceOf(options, progress, signal),
					opening: await openingOf(options, progress, signal),
					argv: givenOptions(command, ["token", "out", "json", "quiet", "cacheDir"]),
					open: async () => {
						const pipeline = await openModel(model, progress, signal);
						await loadLoras(options, (source, own) => pipeline.loadLora(source, own), progress, signal);
						return pipeline;
					},
					attach:
						adapters === undefined
							? undefined
							: async (pipeline) => {
									const { DrUM } = await import("@drum/pipeline");
									return DrUM.attach(pipeline, adaptersOf({ ...model, adapters }, progress, signal));
								},
					onPart: (part) => progress.note(`${part} …`),
					onBytes: (part, done, total) => progress.show("weights", done, total, part),
					onStep: (done, total) => progress.show("steps", done, total),
					warnings: () => progress.warnings,
				});
				progress.end();
				const given = [checkpoint, ...lora.map(({ source }) => source), ...places(options)];
				const open: DoctorReport = withoutPrivate(report, given, [token, env.HF_TOKEN]);
				stdout.write(options.json ? jsonText(open) : doctorText(open));
				if (open.failed.length > 0) throw failure(open);
			} finally {
				progress.end();
			}
		});
}

/** The places that options name. */
function places({ denoiser, vae, config, adapters, encoder = [] }: DoctorCommandOptions): string[] {
	const encoders = encoder.map((text) => text.slice(text.indexOf("=") + 1));
	return [denoiser, vae, config, adapters, ...encoders].filter((place) => place !== undefined);
}

function failure({ source, failed }: DoctorReport): CheckpointError {
	return new CheckpointError({
		what: source,
		expected: "parts that all pass",
		found: `failures of ${failed.join(", ")}`,
	});
}

const NOTES = `
The report contains none of your folders, tokens and prompts, so you can paste it into an issue. --json prints it for programs.
The exit code is 1 if a part fails; the other parts are examined all the same.

Examples:
  drum doctor stable-diffusion-v1-5/stable-diffusion-v1-5 --variant fp16 > report.md
  drum doctor ./my-checkpoint.safetensors --lora ./style.safetensors --steps 8
  drum doctor Burf/DrUM
`;
