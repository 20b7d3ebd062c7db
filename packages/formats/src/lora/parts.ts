/** What a tensor is of its module. */
export type Part =
	| "down"
	| "up"
	| "mid"
	| "upBias"
	| "alpha"
	| "scalar"
	| "magnitude"
	| "doraScale"
	| "w1"
	| "w1a"
	| "w1b"
	| "w2"
	| "w2a"
	| "w2b"
	| "t2"
	| "weight"
	| "bias";

/** A tensor's name taken apart. */
export interface NamedPart {
	/** The module, as the file has it. */
	readonly module: string;
	readonly part: Part;
	/** The name that PEFT gave the adapter within: `lora_A.default.weight`. */
	readonly adapter: string;
	/** Whose ending it is. */
	readonly style: Style;
}

export type Style = "PEFT" | "kohya" | "diffusers" | "LyCORIS" | undefined;

/** Endings of tensors' names; the first that fits. */
const ENDINGS: readonly [RegExp, Part, Style][] = [
	[/\.lora_A(?:\.(?!weight$)([^.]+))?(?:\.weight)?$/, "down", "PEFT"],
	[/\.lora_B(?:\.(?!weight$|bias$)([^.]+))?\.bias$/, "upBias", "PEFT"],
	[/\.lora_B(?:\.(?!weight$)([^.]+))?(?:\.weight)?$/, "up", "PEFT"],
	[/\.lora_magnitude_vector(?:\.(?!weight$)([^.]+))?(?:\.weight)?$/, "magnitude", "PEFT"],
	[/\.lora_down\.weight$/, "down", "kohya"],
	[/\.lora_up\.weight$/, "up", "kohya"],
	[/\.lora_mid\.weight$/, "mid", "kohya"],
	[/\.dora_scale$/, "doraScale", undefined],
	[/\.alpha$/, "alpha", undefined],
	[/\.scalar$/, "scalar", undefined],
	[/\.(?:lora_linear_layer\.|lora\.)?down\.weight$/, "down", "diffusers"],
	[/\.(?:lora_linear_layer\.|lora\.)?up\.weight$/, "up", "diffusers"],
	[/\.lokr_w1$/, "w1", "LyCORIS"],
	[/\.lokr_w1_a$/, "w1a", "LyCORIS"],
	[/\.lokr_w1_b$/, "w1b", "LyCORIS"],
	[/\.lokr_w2$/, "w2", "LyCORIS"],
	[/\.lokr_w2_a$/, "w2a", "LyCORIS"],
	[/\.lokr_w2_b$/, "w2b", "LyCORIS"],
	[/\.lokr_t2$/, "t2", "LyCORIS"],
	[/\.diff$/, "weight", "LyCORIS"],
	[/\.diff_b$/, "bias", "LyCORIS"],
];

/** A tensor's module and its part of it; undefined where the name ends as none of a LoRA does. */
export function partOf(tensor: string): NamedPart | undefined {
	for (const [ending, part, style] of ENDINGS) {
		const found = ending.exec(tensor);
		if (found) return { module: tensor.slice(0, found.index), part, adapter: found[1] ?? "", style };
	}
	return undefined;
}

/** Methods that share a LoRA's files, not its arithmetic. */
const OTHER_METHODS: readonly [RegExp, string][] = [
	[/\.hada_(w1|w2|t1|t2)/, "LoHa"],
	[/\.(a1|a2|b1|b2|bm1|bm2)\.weight$/, "GLoRA"],
	[/\.boft_[RS]/, "BOFT"],
	[/\.oft_(blocks|diag|R)/, "OFT"],
	[/\.on_input$|\.ia3_l/, "IA³"],
	[/\.vera_lambda/, "VeRA"],
	[/\.lora_E(\.|$)/, "AdaLoRA"],
	[/\.lambda_layer$/, "T-LoRA"],
];

/** The method of a tensor of an adapter that is no LoRA; undefined where its name is none of one. */
export function otherMethodOf(tensor: string): string | undefined {
	return OTHER_METHODS.find(([pattern]) => pattern.test(tensor))?.[1];
}
