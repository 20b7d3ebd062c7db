import type { CacheMethod, ParametersForm, PictureFormat, PromptSyntax, SchedulerName } from "@drum/pipeline";
import { type Command, Option } from "commander";
import { pixels, schedulerOption } from "./drawing.ts";
import { addFormat, HISTORY_FLAG, HISTORY_TEXT, type HistoryOptions } from "./history.ts";
import { addLoras, type LoraChoices } from "./loras.ts";
import { addAdapters, addModelOptions, MODEL_FLAG, MODEL_TEXT, type ModelOptions } from "./model.ts";
import { anyNumber, integer, list, number, repeatable, within } from "./numbers.ts";
import { addOutput, type OutputOptions } from "./output.ts";
import { addRequired } from "./required.ts";
import { addHalfLife, addSampling, PROFILE_SHARE, type SamplingOptions } from "./sampling.ts";

export interface GenerateOptions
	extends ModelOptions,
		LoraChoices,
		SamplingOptions,
		OutputOptions,
		Partial<HistoryOptions> {
	adapters: string;
	prompt: string;
	reference?: string[];
	weight?: number[];
	profile?: string;
	alpha: number[];
	negativeAlpha?: number;
	seed?: number;
	out: string;
	force?: true;
	parameters: ParametersForm;
	pictureFormat?: PictureFormat;
	quality?: number;
	sourceType: boolean;
	signCertificate?: string;
	signKey?: string;
	signParameters?: true;
	promptSyntax?: PromptSyntax;
	prompt2?: string;
	prompt3?: string;
	negativePrompt?: string;
	negativePrompt2?: string;
	negativePrompt3?: string;
	clipSkip?: number;
	denoisingEnd?: number;
	image?: string;
	strength?: number;
	mask?: string;
	steps?: number;
	guidanceScale?: number;
	guidanceStart?: number;
	guidanceEnd?: number;
	cache?: CacheMethod;
	guidanceRescale?: number;
	skipGuidanceLayers?: number[];
	skipLayerGuidanceScale?: number;
	skipLayerGuidanceStart?: number;
	skipLayerGuidanceStop?: number;
	trueCfgScale?: number;
	height?: number;
	width?: number;
	images?: number;
	scheduler?: SchedulerName;
	eta?: number;
	vaeTiling?: boolean;
}

export function addGenerateOptions(command: Command): Command {
	addRequired(command.description("draw pictures of a prompt, steered by earlier prompts"), MODEL_FLAG, MODEL_TEXT);
	addRequired(command, "--prompt <text>", "what to draw")
		.addOption(
			new Option("--reference <text>", "an earlier prompt that steers the picture; may be given several times")
				.argParser(repeatable(String))
				.conflicts(["profile", "history"]),
		)
		.option(
			"--weight <w>",
			"how much the reference at the same place was liked, below 0 disliked (default: 1)",
			repeatable(anyNumber),
		)
		.addOption(
			new Option("--profile <file>", "a profile that drum profile made").conflicts(["history", "ratio", "size"]),
		)
		.option(HISTORY_FLAG, HISTORY_TEXT);
	addHalfLife(addSampling(addFormat(command), PROFILE_SHARE))
		.addOption(
			new Option(
				"--alpha <a,...>",
				"degree of personalisation: 0 keeps to the prompt, 1 to the references; of several, a contact sheet too",
			)
				.argParser(list(number(0, 1)))
				.default([0.3], "0.3"),
		)
		.option(
			"--negative-alpha <a>",
			"the same for what is disliked, by weights below 0: how far it steers the negative prompt; 0 leaves it out (default: 0.3)",
			number(0, 1),
		)
		.option(
			"--seed <n>",
			"makes the same picture again (default: a new one, which is printed)",
			integer(0, Number.MAX_SAFE_INTEGER),
		)
		.option(
			"--out <folder or file>",
			"where pictures go, as PNG, or as a file's .jpg or .webp says; a name that is taken is not overwritten",
			"out/",
		)
		.addOption(
			new Option("--picture-format <name>", "what pictures in a folder are written as (default: png)").choices([
				"png",
				"jpeg",
				"webp",
			] satisfies PictureFormat[]),
		)
		.option("--quality <q>", "of JPEG and WebP, 1 to 100 (default: 90)", integer(1, 100))
		.option("--force", "overwrite pictures of the same name")
		.addOption(
			new Option("--parameters <form>", "what a picture tells: all, nothing, or all but earlier prompts and folders")
				.choices(["shareable", "full", "none"])
				.default("shareable"),
		)
		.option("--sign-certificate <file>", "signs pictures by C2PA: certificates in PEM, yours first; needs @drum/mark")
		.option("--sign-key <file>", "its private key, in PEM")
		.option("--sign-parameters", "the signature also vouches for what draws the picture again")
		.option("--no-source-type", "leave out the mark that an AI model drew it, which may be a duty: see docs/marks.md")
		.option("--image <file>", "a picture to begin from in place of noise; its size is the default")
		.option(
			"--strength <s>",
			"how much of it is drawn anew, above 0 to 1 (default: 0.8; 0.3 for SDXL, 0.6 for SD 3 and FLUX)",
			within("a number above 0, up to 1", (value) => value > 0 && value <= 1),
		)
		.option("--mask <file>", "a picture that is white where the image is drawn anew; the rest stays")
		.option("--images <n>", "pictures to draw (default: 1)", integer(1, 1024))
		.addOption(
			new Option(
				"--prompt-syntax <name>",
				"how prompts are read: as text, or with weights and in chunks as A1111's web UI reads them (default: plain)",
			).choices(["plain", "a1111"] satisfies PromptSyntax[]),
		)
		.option("--prompt-2 <text>", "what the second encoder reads, of SDXL, SD 3 and FLUX (default: the prompt)")
		.option("--prompt-3 <text>", "what the third encoder reads, of SD 3 (default: the prompt)")
		.option("--negative-prompt <text>", "what not to draw")
		.option("--negative-prompt-2 <text>", "the same for the second encoder (default: the negative prompt)")
		.option("--negative-prompt-3 <text>", "the same for the third encoder, of SD 3 (default: the negative prompt)")
		.option(
			"--clip-skip <n>",
			"take CLIP's states so many layers earlier (default: 0; not with references)",
			integer(0, 1000),
		)
		.option("--denoising-end <part>", "stop after that part of SDXL's schedule, 0 to 1 (default: 1)", number(0, 1))
		.option("--steps <n>", "denoising steps (default: 50; 28 for SD 3 and FLUX)", integer(1, 1000))
		.option("--guidance-scale <g>", "weight of the prompt (default: the model's own, 3.5 to 7.5)", number(0, 1e6))
		.option("--guidance-start <part>", "guides from this part of the steps on, 0 to 1 (default: 0)", number(0, 1))
		.option(
			"--guidance-end <part>",
			"guides up to this part; steps without take half the time (default: 1)",
			number(0, 1),
		)
		.addOption(
			new Option(
				"--cache <name>",
				"takes work of earlier steps again: faster, and nearly the same picture; deepcache for SD 1, 2 and XL, first-block for SD 3 and FLUX (default: every step is whole)",
			).choices(["deepcache", "first-block"] satisfies CacheMethod[]),
		)
		.option("--guidance-rescale <r>", "takes contrast back that guidance adds, 0 to 1 (default: 0)", number(0, 1))
		.option(
			"--skip-guidance-layers <n,...>",
			"blocks of SD 3's denoiser: guidance leads away from a picture drawn without them, such as 7,8,9",
			list(integer(0, 1000)),
		)
		.option("--skip-layer-guidance-scale <s>", "how much (default: 2.8)", number(0, 1e6))
		.option(
			"--skip-layer-guidance-start <part>",
			"from this part of the steps on, 0 to 1 (default: 0.01)",
			number(0, 1),
		)
		.option("--skip-layer-guidance-stop <part>", "up to this part (default: 0.2)", number(0, 1))
		.option("--true-cfg-scale <g>", "weight against the negative prompt with FLUX (default: 1)", number(0, 1e6))
		.option("--height <pixels>", "default: the model's own", pixels)
		.option("--width <pixels>", "default: the model's own", pixels)
		.addOption(schedulerOption())
		.option("--eta <e>", "randomness of ddim, 0 to 1 (default: 0)", number(0, 1))
		.option("--vae-tiling", "decode in tiles, in less memory (default: for large pictures)")
		.option("--no-vae-tiling", "decode in one piece");
	return addOutput(addLoras(addModelOptions(addAdapters(command)))).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  drum generate --model ./my-model --prompt "a lighthouse"
  drum generate --model ./my-model --prompt "a lighthouse" --reference "woodblock print" --weight 5 --out lighthouse.png
  drum generate --model ./my-model --prompt "a lighthouse" --history prompts.jsonl --ratio 0.2 --alpha 0.5 --images 4
  drum generate --model ./my-model --prompt "a lighthouse" --profile me.safetensors --alpha 0,0.3,0.5,0.7,1 --seed 1
  drum generate --model ./my-model --prompt "a lighthouse" --profile me.safetensors --scheduler dpm++2m --steps 20 --json
  drum generate --model ./my-model --prompt "a lighthouse at night" --image photo.jpg --strength 0.6 --mask sky.png
`;
