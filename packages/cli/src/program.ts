import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addBench } from "./commands/bench.ts";
import { addBlend } from "./commands/blend.ts";
import { addCaption } from "./commands/caption.ts";
import { addComments } from "./commands/comments.ts";
import { addCoreset } from "./commands/coreset.ts";
import { addDevice } from "./commands/device.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEval } from "./commands/eval/eval.ts";
import { addForget } from "./commands/forget.ts";
import { addGenerate } from "./commands/generate.ts";
import { addInspect } from "./commands/inspect.ts";
import { addProfile } from "./commands/profile.ts";
import { addQuality } from "./commands/quality.ts";
import { addTrain } from "./commands/train.ts";
import { addVerify } from "./commands/verify.ts";
import { expandPaths } from "./options/expand-paths.ts";
import type { Surroundings } from "./surroundings.ts";

/** The `drum` command with its subcommands, which write to and read from `around`. */
export function createProgram(around: Surroundings): Command {
	const program = new Command("drum")
		.description("Personalised pictures from Stable Diffusion: a user's earlier prompts steer the new one.")
		.version(manifest.version, "-V, --version", "print the version")
		.helpOption("-h, --help", "print this help")
		.helpCommand("help [command]", "print a command's help")
		.exitOverride()
		.configureOutput({
			writeOut: (text) => around.stdout.write(text),
			writeErr: (text) => around.stderr.write(text),
			getOutHasColors: () => false,
			getErrHasColors: () => false,
		})
		.addHelpText("after", EXAMPLES)
		.hook("preAction", (_, command) => {
			around.flags.command = command;
			expandPaths(command);
		});
	for (const add of [
		addGenerate,
		addCaption,
		addComments,
		addProfile,
		addBlend,
		addForget,
		addCoreset,
		addTrain,
		addEval,
		addInspect,
		addVerify,
		addDoctor,
		addBench,
		addQuality,
		addDevice,
	])
		add(program, around);
	return program;
}

const EXAMPLES = `
Examples:
  drum generate --model stable-diffusion-v1-5/stable-diffusion-v1-5 --prompt "a lighthouse" \\
    --reference "ukiyo-e woodblock print" --weight 5 --reference "storm at sea" --weight 2 --seed 42 --out out/
  drum profile --model stable-diffusion-v1-5/stable-diffusion-v1-5 --history prompts.csv --out me.safetensors
  drum generate --model stable-diffusion-v1-5/stable-diffusion-v1-5 --prompt "a lighthouse" --profile me.safetensors
  drum inspect me.safetensors

Exit codes: 0 done, 1 failure, 2 wrong usage, 3 drum verify found nothing, 130 interrupted.
DRUM_DEBUG=1 shows errors with their stack. HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_HUB_OFFLINE, HF_HUB_ETAG_TIMEOUT,
HF_HUB_DOWNLOAD_TIMEOUT, HTTP_PROXY, HTTPS_PROXY and NO_PROXY have the same meaning as in huggingface_hub.
`;
