import type { LoadedLora, LoadLoraOptions } from "@drum/pipeline";
import { type Command, InvalidArgumentError } from "commander";
import type { Progress } from "../progress.ts";
import { type SourceOptions, sourceOf } from "./model.ts";
import { repeatable } from "./numbers.ts";

/** A LoRA and how much of it counts. */
export interface LoraChoice {
	readonly source: string;
	readonly scale?: number;
}

export interface LoraChoices {
	lora?: LoraChoice[];
}

/** @param changes what of the model they are for: `"the model"`, or its encoders alone */
export function addLoras(command: Command, changes = "the model"): Command {
	return command.option(
		"--lora <source[=scale]>",
		`a LoRA for ${changes}: a .safetensors file, a folder or a hub id; repeat for several`,
		repeatable(loraChoice),
	);
}

/** `source` or `source=scale`. */
function loraChoice(text: string): LoraChoice {
	const [, source, scale] = /^(.+)=([^=/\\]*)$/s.exec(text) ?? [undefined, text, undefined];
	if (source === undefined || source === "") throw new InvalidArgumentError("Expected a file, a folder or a hub id.");
	if (scale === undefined) return { source };
	const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(scale) ? Number(scale) : Number.NaN;
	if (Number.isFinite(Math.fround(value))) return { source, scale: value };
	throw new InvalidArgumentError("Expected a number after =, as in style.safetensors=0.8.");
}

/** Fetches the LoRAs' files, so that what is wrong with them is told before a model is downloaded for them. */
export async function checkLoras(
	options: SourceOptions & LoraChoices,
	progress: Progress,
	signal: AbortSignal,
): Promise<void> {
	if (!options.lora) return;
	const { openLoraFile } = await import("@drum/pipeline");
	for (const { source } of options.lora) await openLoraFile(source, fetching(options, progress, signal));
}

/** Loads them, each under a name of its own. */
export async function loadLoras(
	options: SourceOptions & LoraChoices,
	load: (source: string, options: LoadLoraOptions) => Promise<LoadedLora>,
	progress: Progress,
	signal: AbortSignal,
): Promise<void> {
	const names = new Set<string>();
	for (const { source, scale } of options.lora ?? []) {
		const last = source
			.split(/[\\/]/)
			.findLast(Boolean)!
			.replace(/\.safetensors$/, "");
		const name = names.has(last) ? `${last} (${names.size + 1})` : last;
		names.add(name);
		await load(source, { ...fetching(options, progress, signal), name, scale });
	}
}

/** A revision names the model's, not theirs. */
function fetching(options: SourceOptions, progress: Progress, signal: AbortSignal) {
	return { ...sourceOf(options, progress, signal), revision: undefined };
}
