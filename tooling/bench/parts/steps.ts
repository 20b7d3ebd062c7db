import { type Goal, openVino, ours, type Part, torch } from "../run/part.ts";

/** Goals of a step or a decode: of int8, and never behind the same peer in float32. */
function goals(measured: string, int8: readonly [against: string, most: number][], float32: readonly string[]): Goal[] {
	return [
		...int8.map(([against, most]) => ({ measured, side: "drum, int8", against, most })),
		...float32.map((against) => ({ measured, side: "drum, float32", against, most: 1 })),
	];
}

const FLOAT32 = ["PyTorch, float32", "OpenVINO, float32"];

/** float32 first, then all that compute in fewer bits: the memory holds one group's. */
function groups(task: string) {
	const compiled = { name: "PyTorch, bfloat16, torch.compile", kind: "bfloat16-compiled" };
	const long = { repeats: 3 };
	return [
		[
			ours("step", "float32", task, long),
			torch("torch_step", "float32", task, long),
			openVino("openvino_step", "float32", task, long),
		],
		[
			ours("step", "int8", task),
			torch("torch_step", "bfloat16", task),
			torch("torch_step", "bfloat16", task, compiled),
			openVino("openvino_step", "bfloat16", task),
			openVino("openvino_step", "int8", task),
		],
	];
}

/** One after another in float32, as two do not fit into the memory together. */
function apart() {
	const both = "sdxl-64,sdxl-128";
	const small = { only: ["sdxl-64"] };
	return [
		[ours("step", "float32", "sdxl", small)],
		[torch("torch_step", "float32", both, small)],
		[ours("step", "int8", "sdxl"), torch("torch_step", "bfloat16", both)],
		[openVino("openvino_step", "bfloat16", "sdxl-64", small)],
	];
}

const UNET: Part = {
	name: "unet",
	title: "A step of Stable Diffusion 1.5",
	about: "The UNet, two latents of 64 × 64 with a condition each: what guidance takes for one picture of 512 × 512.",
	measured: [{ name: "unet", title: "UNet step" }],
	groups: groups("unet"),
	repeats: 5,
	goals: goals(
		"unet",
		[
			["OpenVINO, bfloat16", 0.7],
			["OpenVINO, int8", 1.1],
			["PyTorch, bfloat16", 0.55],
		],
		FLOAT32,
	),
	needs: ["sd15", "operations/unet", "openvino/unet", "openvino/unet-int8"],
};

const VAE: Part = {
	name: "vae",
	title: "A decode of Stable Diffusion 1.5",
	about: "The VAE's decoder, one picture of 512 × 512.",
	measured: [{ name: "vae", title: "VAE decode" }],
	groups: groups("vae"),
	repeats: 5,
	goals: goals("vae", [["OpenVINO, bfloat16", 0.7]], FLOAT32),
	needs: ["sd15", "operations/vae", "openvino/vae", "openvino/vae-int8"],
};

const SDXL: Part = {
	name: "sdxl",
	title: "A step of Stable Diffusion XL",
	about:
		"The whole UNet under guidance: one picture's latents with two conditions. Both at once in PyTorch and OpenVINO, one after the other here. " +
		"Two turns, and one of the larger size, to keep the run short.",
	measured: [
		{ name: "sdxl-64", title: "64 × 64" },
		{ name: "sdxl-128", title: "128 × 128", repeats: 1 },
	],
	groups: apart(),
	repeats: 2,
	goals: [
		...goals("sdxl-64", [["PyTorch, bfloat16", 0.6]], ["PyTorch, float32"]),
		...goals("sdxl-128", [["PyTorch, bfloat16", 0.6]], []),
	],
	needs: ["sdxl", "operations/sdxl-64", "operations/sdxl-128", "openvino/sdxl-64"],
};

/** Blocks of a transformer for a picture of 1024 × 1024. */
function blocks(name: string, title: string, about: string): Part {
	return {
		name,
		title,
		about: `${about}, for 4096 patches: a picture of 1024 × 1024.`,
		measured: [{ name, title: "step" }],
		groups: [
			[ours("step", "float32", name, { repeats: 2 }), torch("torch_step", "float32", name, { repeats: 2 })],
			[ours("step", "int8", name), torch("torch_step", "bfloat16", name), openVino("openvino_step", "bfloat16", name)],
		],
		repeats: 3,
		goals: goals(name, [["PyTorch, bfloat16", 0.6]], ["PyTorch, float32"]),
		needs: [name, `operations/${name}`, `openvino/${name}`],
	};
}

export const STEPS: readonly Part[] = [
	UNET,
	VAE,
	SDXL,
	blocks("flux", "Blocks of FLUX.1", "The transformer with one double and one single block, 512 tokens of text"),
	blocks("sd35-large", "Blocks of Stable Diffusion 3.5 large", "The transformer with two blocks, 333 tokens of text"),
	blocks("sd35-medium", "Blocks of Stable Diffusion 3.5 medium", "The transformer with two blocks, 333 tokens of text"),
];
