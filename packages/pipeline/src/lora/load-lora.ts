import type { Denoiser } from "@drum/diffusion";
import { type LoraModule, layersOf, readLora } from "@drum/formats";
import {
	type LoraLayers,
	type LoraTextEncoder,
	loraFingerprint,
	refuseDamagedWeights,
	type TakesLoras,
} from "@drum/graph";
import { sourceName, type WeightsSource } from "@drum/hub";
import type { Encoders } from "@drum/peca";
import {
	ArgumentError,
	CheckpointError,
	printable,
	shownNames,
	sizeOf,
	type TextEncoder,
	type Warning,
} from "@drum/tensor";
import type { LoadedLora, LoadLoraOptions } from "./loaded-lora.ts";
import { openLoraFile } from "./open-lora-file.ts";

export { loraPrint } from "@drum/graph";

/** The models of a pipeline that a LoRA may change. */
export interface LoraTargets {
	readonly name: string;
	/** Undefined if only the encoders are open. */
	readonly denoiser?: Denoiser | undefined;
	readonly encoders: Encoders;
}

/**
 * Opens a LoRA and checks it against a pipeline's models, without loading them.
 * @throws ArgumentError for a pipeline whose denoiser takes no LoRAs; CheckpointError for a file that is not a LoRA, is for another family, has a
 * shape that does not fit, or contains NaN or infinity; what `openLoraFile` throws
 */
export async function loadLora(
	{ name: pipeline, denoiser, encoders }: LoraTargets,
	source: WeightsSource,
	name: string,
	options: Omit<LoadLoraOptions, "name">,
): Promise<LoadedLora> {
	const { scale = 1, ...opening } = options;
	if (denoiser && !takesLoras(denoiser)) {
		throw new ArgumentError({
			what: "loadLora",
			expected: "a denoiser that takes LoRAs",
			found: `the denoiser of ${pipeline}, which does not`,
			next: "Give it weights and checkLora, as TakesLoras of @drum/graph describes them",
		});
	}
	const { file, config } = await openLoraFile(source, opening);
	const taking = Object.entries(encoders).filter((entry): entry is [string, LoraTextEncoder] => isTaking(entry[1]));
	const model = {
		denoiser: denoiser && layersOf(denoiser.weights),
		// An encoder that takes no LoRAs keeps its number, because files name encoders by number.
		encoders: Object.entries(encoders).map(([encoder, own]) => ({
			name: encoder,
			layers: isTaking(own) ? layersOf(own.weights) : new Map(),
		})),
	};
	const lora = await readLora(file, model, config);
	await refuseDamagedWeights({ weights: file, signal: options.signal });
	const layers = async (model: TakesLoras, modules: readonly LoraModule[] = []): Promise<[LoraLayers?, string[]?]> => {
		if (modules.length === 0) return [];
		const own = { name, modules, fingerprint: await loraFingerprint(modules) };
		return [own, [...(await model.checkLora(own))]];
	};
	const [ofDenoiser, unused = []] = denoiser ? await layers(denoiser, lora.denoiser) : [];
	const ofEncoders: Record<string, LoraLayers> = {};
	for (const [encoder, own] of taking) {
		const [found, more = []] = await layers(own, lora.encoders[encoder]);
		if (found) ofEncoders[encoder] = found;
		unused.push(...more);
	}
	const unknown = [...lora.unknown, ...unused];
	const parts = { denoiser: ofDenoiser, encoders: ofEncoders };
	const all = [ofDenoiser, ...Object.values(ofEncoders)].flatMap((each) => each?.modules ?? []);
	if (denoiser && all.length === 0) {
		throw new CheckpointError({
			what: file.name,
			expected: "a LoRA that changes the model",
			found: "one that changes nothing",
			next: "Load it with the model that it was trained for",
		});
	}
	const { format } = lora;
	const { weightName } = options;
	const bytes = 4 * [...file.names()].reduce((sum, tensor) => sum + sizeOf(file.get(tensor)!.dims), 0);
	return {
		name,
		source: sourceName(source),
		weightName,
		scale,
		format,
		parts,
		bytes,
		warnings: unusedTensors(unknown, name),
	};
}

function takesLoras(denoiser: Denoiser): denoiser is Denoiser & TakesLoras {
	return denoiser.weights !== undefined && denoiser.checkLora !== undefined;
}

function isTaking(encoder: TextEncoder): encoder is LoraTextEncoder {
	return "withLoras" in encoder && "checkLora" in encoder && "weights" in encoder;
}

function unusedTensors(unknown: readonly string[], name: string): Warning[] {
	if (unknown.length === 0) return [];
	const [belong, have] =
		unknown.length === 1 ? ["1 part of it belongs", "has"] : [`${unknown.length} parts of it belong`, "have"];
	return [
		{
			code: "lora-unused",
			what: `LoRA ${printable(name)}`,
			message: `${belong} to no layer of this model and ${have} no effect: ${shownNames(unknown)}.`,
		},
	];
}
