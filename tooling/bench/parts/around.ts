import { ours, type Part, torch } from "../run/part.ts";

const COUNTS = [1, 30, 100];

const CONDITION: Part = {
	name: "condition",
	title: "Personalised conditions",
	about:
		"From prompts to `prompt_embeds` by ViT-L and its adapter in full size, with nothing kept: target and references are encoded, and the " +
		"adapter runs. *Ready* is another target prompt for a profile that was used before. The other side is the method in plain PyTorch, which " +
		"encodes 64 prompts at once as the published code does, and keeps nothing.",
	measured: [
		...COUNTS.map((count) => ({ name: `${count}`, title: `${count} references`, ...(count > 30 && { repeats: 2 }) })),
		...[30, 100].map((count) => ({ name: `${count} ready`, title: `${count}, ready` })),
	],
	groups: [
		[
			ours("condition", "float32", "condition"),
			ours("condition", "int8", "condition"),
			torch("condition", "float32", "condition", { only: COUNTS.map(String) }),
			torch("condition", "bfloat16", "condition", { only: COUNTS.map(String) }),
		],
	],
	repeats: 5,
	goals: [
		{ measured: "30", side: "drum, int8", against: "PyTorch, bfloat16", most: 0.6 },
		...COUNTS.map((count) => ({ measured: `${count}`, side: "drum, float32", against: "PyTorch, float32", most: 1 })),
	],
	needs: ["sd15"],
};

const LOAD: Part = {
	name: "load",
	title: "Opening Stable Diffusion 1.5",
	about:
		"Each turn in a process of its own, files in the page cache, imports not counted. Both sides leave weights mapped until they are used; *first " +
		"step* is what somebody waits for.",
	measured: [
		{ name: "open", title: "opened" },
		{ name: "step", title: "opened, and the first UNet step" },
		{ name: "sessions", title: "all models, and the first UNet step" },
	],
	groups: [
		[
			ours("load", "float32", "load", { fresh: true }),
			ours("load", "int8", "load", { fresh: true }),
			torch("load", "float32", "load", { fresh: true, only: ["open", "step"] }),
			torch("load", "bfloat16", "load", { fresh: true, only: ["open", "step"] }),
		],
	],
	repeats: 3,
	goals: [
		{ measured: "open", side: "drum, float32", against: "PyTorch, float32", most: 1 },
		{ measured: "step", side: "drum, float32", against: "PyTorch, float32", most: 1 },
	],
	needs: ["sd15"],
};

const LORA: Part = {
	name: "lora",
	title: "What a LoRA costs a step",
	about:
		"A guided step of Stable Diffusion 1.5's UNet without a LoRA, and with one on all projections of attentions, or on all layers, by its rank.",
	measured: [
		{ name: "none", title: "none" },
		...[16, 128].map((rank) => ({ name: `attention ${rank}`, title: `attentions, rank ${rank}` })),
		{ name: "all 64", title: "all layers, rank 64" },
	],
	groups: [[ours("lora", "int8", "lora")]],
	repeats: 3,
	goals: [],
	needs: ["sd15"],
};

const TRAINING: Part = {
	name: "training",
	title: "Training an adapter",
	about:
		"A step of training ViT-L's adapter in full size: forward, loss, backward and AdamW for 16 captions with dropout 0.1, whose conditions were made " +
		"before. The other side is the adapter in plain PyTorch with `torch.optim.AdamW`.",
	measured: [{ name: "step", title: "step" }],
	groups: [[ours("training", "float32", "training"), torch("training", "float32", "training")]],
	repeats: 7,
	shows: ["seconds", "peak", "anonymous"],
	goals: [{ measured: "step", side: "drum, float32", against: "PyTorch, float32", most: 0.75 }],
	needs: ["adapter"],
};

export const AROUND: readonly Part[] = [CONDITION, LOAD, LORA, TRAINING];
