import { bflFlux } from "../names/bfl-flux.ts";
import { ldmUNet } from "../names/ldm-unet.ts";
import { mmdit } from "../names/mmdit.ts";
import type { Layers, LoraModel } from "./model.ts";
import { transformerLayout, unetLayout } from "./namings/layout.ts";
import { type Named, namedBy, numberedParts, type Share } from "./namings/naming.ts";
import { processorNames } from "./namings/processors.ts";
import { xlabs } from "./namings/xlabs.ts";

/** The layers that a module of a file changes. */
export interface Place {
	/** The text encoder's name in a mix, or `""` for the denoiser. */
	readonly component: string;
	/** One layer, or several that its naming joins. */
	readonly shares: readonly Share[];
	/** The component's names in PEFT's configurations. */
	readonly configs: readonly string[];
	/** The part of the module's name before the layer's name, with dots replaced by underscores. */
	readonly prefix: string;
	/** The program or authors that use such names. */
	readonly naming: Naming;
}

export type Naming = "own" | "LDM" | "BFL" | "MMDiT" | "XLabs" | "processors";

/** Prefixes of the names of a denoiser's layers, with dots replaced by underscores. */
const DENOISER = ["lora_unet_", "lora_transformer_", "lycoris_", "unet_", "transformer_", "diffusion_model_"];
const WRAPPED = "base_model_model_";
const DENOISER_PREFIXES = [
	...DENOISER,
	"model_diffusion_model_",
	WRAPPED,
	...DENOISER.map((prefix) => prefix + WRAPPED),
	"",
];

/** Prefixes of the names of an encoder's layers, by its name in a mix. */
const ENCODER: Readonly<Record<string, readonly string[]>> = {
	L: ["clip_l_", "text_encoders_clip_l_transformer_"],
	H: ["clip_h_", "text_encoders_clip_h_transformer_"],
	bigG: ["clip_g_", "text_encoders_clip_g_transformer_"],
	// kohya numbers T5 as in Stable Diffusion 3, even in FLUX.
	T5: ["t5_", "lora_te3_", "text_encoders_t5xxl_transformer_"],
};

interface Component {
	readonly name: string;
	readonly configs: readonly string[];
	readonly prefixes: readonly string[];
	readonly names: ReadonlyMap<string, { readonly shares: readonly Share[]; readonly naming: Naming }>;
}

/**
 * Finds a model's layers by the names in LoRA files. It does not parse these names. Instead it makes the name of each layer in each naming,
 * replaces dots by underscores, as kohya does, and looks up the file's names, with their dots replaced as well.
 */
export class LayerIndex {
	readonly #components: readonly Component[];

	constructor({ denoiser = new Map(), encoders }: LoraModel) {
		this.#components = [
			{
				name: "",
				configs: ["unet.", "transformer."],
				prefixes: DENOISER_PREFIXES,
				names: flattened(denoiserNames(denoiser)),
			},
			...encoders.map(({ name, layers }, i) => ({
				name,
				configs: [i === 0 ? "text_encoder." : `text_encoder_${i + 1}.`],
				prefixes: encoderPrefixes(name, i + 1),
				names: flattened(encoderNames(layers)),
			})),
		];
	}

	/** The layers of a file's module. Undefined if no component has them, or several do because the name has no prefix. */
	find(module: string): Place | undefined {
		const name = flat(module);
		const found = this.#components.flatMap(({ name: component, configs, prefixes, names }) => {
			for (const prefix of prefixes) {
				const known = name.startsWith(prefix) ? names.get(name.slice(prefix.length)) : undefined;
				if (known) return [{ component, configs, prefix, ...known }];
			}
			return [];
		});
		return found.length === 1 ? found[0] : undefined;
	}
}

const flat = (name: string) => name.replaceAll(".", "_");

function denoiserNames(layers: Layers): [Naming, Named][] {
	const own = [...layers].map(([path, dims]) => [path, [{ path, dims }]] as const);
	const names: [Naming, Named][] = [
		["own", own],
		["processors", processorNames(layers)],
	];
	const layout = transformerLayout(layers);
	if (layout.num_single_layers > 0) {
		const bfl = namedBy(bflFlux(layout), layers);
		const image = bfl.filter(([name]) => name === "img_in").map(([name, shares]) => [`${name}.proj`, shares] as const);
		return [...names, ["BFL", [...bfl, ...numberedParts(bfl), ...image]], ["XLabs", namedBy(xlabs(layout), layers)]];
	}
	if (layout.num_layers > 0) {
		const authors = namedBy(mmdit(layout), layers);
		return [...names, ["MMDiT", [...authors, ...numberedParts(authors)]]];
	}
	return [...names, ["LDM", namedBy(ldmUNet(unetLayout(layers)), layers)]];
}

function encoderNames(layers: Layers): [Naming, Named][] {
	const own: [Naming, Named][] = [
		["own", [...layers].map(([path, dims]) => [path, [{ path, dims }]] as const)],
		["processors", processorNames(layers)],
	];
	// CLIP's paths have no `text_model.` in transformers 5.
	const other = (name: string) => (name.startsWith(CLIP) ? name.slice(CLIP.length) : CLIP + name);
	return [
		...own,
		...own.map(([naming, names]): [Naming, Named] => [
			naming,
			names.map(([name, shares]) => [other(name), shares] as const),
		]),
	];
}
const CLIP = "text_model.";

function encoderPrefixes(name: string, number: number): string[] {
	const first = number === 1 ? ["lora_te_", "text_encoder_", `text_encoder_${WRAPPED}`] : [];
	const numbered = [`lora_te${number}_`, `text_encoder_${number}_`, `text_encoder_${number}_${WRAPPED}`];
	return [...first, ...numbered, ...(ENCODER[name] ?? []), WRAPPED, ""];
}

function flattened(namings: readonly [Naming, Named][]): Component["names"] {
	const names = new Map<string, { shares: readonly Share[]; naming: Naming }>();
	for (const [naming, all] of namings) {
		for (const [name, shares] of all) {
			const key = flat(name);
			if (!names.has(key)) names.set(key, { shares, naming });
		}
	}
	return names;
}
