import { type Goal, openVino, ours, type Part, type Side, torch } from "../run/part.ts";

const DEEPCACHE: Partial<Side> = { name: "drum, int8, DeepCache", kind: "int8-deepcache" };
const LONG: Partial<Side> = { repeats: 1 };

const PICTURE: Part = {
	name: "picture",
	title: "A whole picture of Stable Diffusion 1.5",
	about:
		"512 × 512, 20 steps of DPM++ 2M with guidance, from the prompt to pixels, once everything is loaded. Peak memory is that of a process " +
		"which loads, draws one step and then such pictures. One turn of what takes minutes.",
	measured: [{ name: "sd15 20", title: "20 steps", warmUp: "sd15 1" }],
	groups: [
		[
			ours("picture", "int8", "picture"),
			ours("picture", "int8", "picture", DEEPCACHE),
			openVino("picture", "bfloat16", "openvino"),
			torch("picture", "bfloat16", "diffusers", LONG),
		],
		[torch("picture", "float32", "diffusers", LONG), ours("picture", "float32", "picture", LONG)],
	],
	repeats: 2,
	shows: ["seconds", "peak", "anonymous"],
	goals: [
		{ measured: "sd15 20", side: DEEPCACHE.name!, against: "OpenVINO, bfloat16", most: 0.4 },
		{ measured: "sd15 20", side: DEEPCACHE.name!, against: "PyTorch, float32", most: 0.16 },
		{ measured: "sd15 20", side: "drum, float32", against: "PyTorch, float32", most: 1 },
		{ measured: "sd15 20", side: "drum, int8", against: "PyTorch, float32", most: 0.4, of: "peak" },
	],
	needs: ["sd15", "openvino/unet", "openvino/vae", "openvino/text"],
};

const TINY: Readonly<Record<string, string>> = { "sd-turbo": "taesd", lcm: "taesd", sdxl: "taesdxl" };

/** What one opening serves follows one another: pictures of so many steps by each decoder. */
function few(model: keyof typeof TINY, title: string, counts: readonly number[]): Part["measured"] {
	const tiny = TINY[model];
	return ["", ` ${tiny}`].flatMap((vae) =>
		counts.map((steps) => ({
			name: `${model} ${steps}${vae}`,
			title: `${title}, ${steps === 1 ? "1 step" : `${steps} steps`}${vae && ", TAESD"}`,
			warmUp: `${model} 1${vae}`,
		})),
	);
}

const IN_SECONDS: Goal = {
	measured: "lcm 4 taesd",
	side: "drum, int8",
	most: 8,
	note: "set for two cores of a Zen 4",
};

const FEW: Part = {
	name: "few-steps",
	title: "Pictures in few steps",
	about:
		"512 × 512, without guidance by a second prediction, from the prompt to pixels, by the checkpoint's own VAE and by the small decoder. The weights " +
		"are stored in float16.",
	measured: [...few("sd-turbo", "SD-Turbo", [1]), ...few("lcm", "LCM", [4]), ...few("sdxl", "SDXL-Turbo", [1, 4])],
	groups: [[ours("picture", "int8", "picture")]],
	repeats: 3,
	goals: [IN_SECONDS],
	needs: ["sd-turbo", "lcm", "sdxl", "taesd", "taesdxl"],
};

export const PICTURES: readonly Part[] = [PICTURE, FEW];
