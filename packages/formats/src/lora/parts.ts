/** The role of a tensor in its module. */
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

/** The parts of a tensor's name. */
export interface NamedPart {
	/** The module's name in the file. */
	readonly module: string;
	readonly part: Part;
	/** The adapter's name in PEFT, such as `default` in `lora_A.default.weight`. */
	readonly adapter: string;
	/** The program that uses this ending. */
	readonly style: Style;
}

export type Style = "PEFT" | "kohya" | "diffusers" | "LyCORIS" | undefined;

/** Endings of tensors' names. The first that fits counts. */
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

/** Splits a tensor's name into its module and its part. Undefined if it has no ending of a LoRA. */
export function partOf(tensor: string): NamedPart | undefined {
	for (const [ending, part, style] of ENDINGS) {
		const found = ending.exec(tensor);
		if (found) return { module: tensor.slice(0, found.index), part, adapter: found[1] ?? "", style };
	}
	return undefined;
}

/** Methods whose files look like a LoRA's but that compute something else. */
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

/** The method of a tensor of an adapter that is not a LoRA. Undefined if its name belongs to no such method. */
export function otherMethodOf(tensor: string): string | undefined {
	return OTHER_METHODS.find(([pattern]) => pattern.test(tensor))?.[1];
}
