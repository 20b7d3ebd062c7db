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
			new Option("--reference <text>", "an earlier prompt that steers the picture; repeat for several")
				.argParser(repeatable(String))
				.conflicts(["profile", "history"]),
		)
		.option(
			"--weight <w>",
			"how much the user liked the --reference at the same position, or below 0 disliked (default: 1)",
			repeatable(anyNumber),
		)
		.addOption(new Option("--profile <file>", "a profile made by drum profile").conflicts(["history", "ratio", "size"]))
		.option(HISTORY_FLAG, HISTORY_TEXT);
	addHalfLife(addSampling(addFormat(command), PROFILE_SHARE))
		.addOption(
			new Option(
				"--alpha <a,...>",
				"degree of personalisation, from 0 (only the prompt) to 1 (only the references); several make a contact sheet too",
			)
				.argParser(list(number(0, 1)))
				.default([0.3], "0.3"),
		)
		.option(
			"--negative-alpha <a>",
			"how far disliked references (weights below 0) steer the negative prompt; 0 ignores them (default: 0.3)",
			number(0, 1),
		)
		.option(
			"--seed <n>",
			"draws the same picture again (default: a new seed, which is printed)",
			integer(0, Number.MAX_SAFE_INTEGER),
		)
		.option(
			"--out <folder or file>",
			"where to write pictures: a folder, or a .png, .jpg or .webp file; existing files are not overwritten",
			"out/",
		)
		.addOption(
			new Option("--picture-format <name>", "format of pictures in a folder (default: png)").choices([
				"png",
				"jpeg",
				"webp",
			] satisfies PictureFormat[]),
		)
		.option("--quality <q>", "quality of JPEG and WebP, 1 to 100 (default: 90)", integer(1, 100))
		.option("--force", "overwrite pictures of the same name")
		.addOption(
			new Option(
				"--parameters <form>",
				"what a picture's file says about how it was drawn: everything, nothing, or all except earlier prompts and folders",
			)
				.choices(["shareable", "full", "none"])
				.default("shareable"),
		)
		.option("--sign-certificate <file>", "sign pictures with C2PA: certificates in PEM, yours first; needs @drum/mark")
		.option("--sign-key <file>", "the certificate's private key, in PEM")
		.option("--sign-parameters", "also sign the prompt, seed and other parameters")
		.option(
			"--no-source-type",
			"leave out the mark that an AI model drew the picture; the law may require this mark: see docs/marks.md",
		)
		.option("--image <file>", "a picture to begin from instead of noise; its size is the default")
		.option(
			"--strength <s>",
			"how far the image may change, above 0 up to 1 (default: 0.8; 0.3 for SDXL, 0.6 for SD 3 and FLUX)",
			within("a number above 0, up to 1", (value) => value > 0 && value <= 1),
		)
		.option("--mask <file>", "a picture that is white where the image is redrawn; the rest stays")
		.option("--images <n>", "pictures to draw (default: 1)", integer(1, 1024))
		.addOption(
			new Option(
				"--prompt-syntax <name>",
				"how prompts are read: as text, or with weights and in chunks as A1111's web UI reads them (default: plain)",
			).choices(["plain", "a1111"] satisfies PromptSyntax[]),
		)
		.option("--prompt-2 <text>", "prompt for the second encoder of SDXL, SD 3 and FLUX (default: the prompt)")
		.option("--prompt-3 <text>", "prompt for the third encoder of SD 3 (default: the prompt)")
		.option("--negative-prompt <text>", "what not to draw")
		.option("--negative-prompt-2 <text>", "the same for the second encoder (default: the negative prompt)")
		.option("--negative-prompt-3 <text>", "the same for the third encoder of SD 3 (default: the negative prompt)")
		.option(
			"--clip-skip <n>",
			"how many of CLIP's last layers to skip (default: 0; not with references)",
			integer(0, 1000),
		)
		.option("--denoising-end <part>", "stop after this part of SDXL's schedule, 0 to 1 (default: 1)", number(0, 1))
		.option("--steps <n>", "denoising steps (default: 50; 28 for SD 3 and FLUX)", integer(1, 1000))
		.option("--guidance-scale <g>", "weight of the prompt (default: the model's own, 3.5 to 7.5)", number(0, 1e6))
		.option("--guidance-start <part>", "use guidance from this part of the steps on, 0 to 1 (default: 0)", number(0, 1))
		.option(
			"--guidance-end <part>",
			"use guidance up to this part; steps without it take half the time (default: 1)",
			number(0, 1),
		)
		.addOption(
			new Option(
				"--cache <name>",
				"reuse work of earlier steps, which is faster and changes the picture a little: deepcache for SD 1, 2 and XL, first-block for SD 3 and FLUX (default: no reuse)",
			).choices(["deepcache", "first-block"] satisfies CacheMethod[]),
		)
		.option("--guidance-rescale <r>", "reduce the contrast that guidance adds, 0 to 1 (default: 0)", number(0, 1))
		.option(
			"--skip-guidance-layers <n,...>",
			"blocks of SD 3's denoiser, such as 7,8,9: guidance steers away from a picture drawn without them",
			list(integer(0, 1000)),
		)
		.option("--skip-layer-guidance-scale <s>", "how strongly (default: 2.8)", number(0, 1e6))
		.option(
			"--skip-layer-guidance-start <part>",
			"from this part of the steps on, 0 to 1 (default: 0.01)",
			number(0, 1),
		)
		.option("--skip-layer-guidance-stop <part>", "up to this part (default: 0.2)", number(0, 1))
		.option("--true-cfg-scale <g>", "weight against the negative prompt with FLUX (default: 1)", number(0, 1e6))
		.option("--height <pixels>", "height of the picture (default: the model's own)", pixels)
		.option("--width <pixels>", "width of the picture (default: the model's own)", pixels)
		.addOption(schedulerOption())
		.option("--eta <e>", "randomness of ddim, 0 to 1 (default: 0)", number(0, 1))
		.option("--vae-tiling", "decode in tiles, with less memory (default: for large pictures)")
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
