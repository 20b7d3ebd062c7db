import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { integer } from "../options/numbers.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { weighedFile } from "../options/profile-file.ts";
import { addRequired } from "../options/required.ts";
import { coresetSeed } from "../options/sampling.ts";
import { checkFolder } from "../output-folder.ts";
import { checkReplaceable, writeProfile } from "../profile-output.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";

interface BlendOptions extends OutputOptions {
	out: string;
	size?: number;
	seed?: number;
	force?: true;
}

export function addBlend(program: Command, around: Surroundings): void {
	const command = program
		.command("blend")
		.description("combine several profiles into one, for example for a new user who is like known ones")
		.argument("<file=weight...>", "profiles, each with the weight it has in the blend after = (default: 1)");
	addRequired(command, "--out <file>", "the blend's file; an existing profile is replaced")
		.option(
			"--size <n>",
			"how many prompts to keep (default: as many as the largest of the profiles)",
			integer(1, Number.MAX_SAFE_INTEGER),
		)
		.option("--seed <n>", "seed of the coreset's random draw (default: 42)", coresetSeed)
		.option("--force", "also replace a file that is not a profile");
	addOutput(command)
		.addHelpText("after", EXAMPLES)
		.action((files: string[], options: BlendOptions) => blend(files, options, around));
}

async function blend(files: readonly string[], options: BlendOptions, around: Surroundings): Promise<void> {
	const { out, size, seed, force = false } = options;
	const { Profile } = await import("@drum/peca");
	const progress = new Progress(around, options.quiet);
	const weighed = files.map(weighedFile);
	const parts = await Promise.all(
		weighed.map(async ({ file, weight }) => ({ profile: await Profile.load(file), weight })),
	);
	await checkFolder(dirname(resolve(out)));
	const replaces = await checkReplaceable(out, force);
	try {
		const made = await Profile.blend(parts, { size, seed, signal: around.signal });
		await writeProfile(made, { ...options, replaces }, { around, progress });
	} finally {
		progress.end();
	}
}

const EXAMPLES = `
Examples:
  drum blend ann.safetensors bob.safetensors --out new-user.safetensors
  drum blend me.safetensors=2 ann.safetensors --size 8 --out me.safetensors
`;
