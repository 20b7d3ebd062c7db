import { dirname, resolve } from "node:path";
import { ArgumentError, shown } from "@drum/tensor";
import { type Command, Option } from "commander";
import { repeatable } from "../options/numbers.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { checkFolder } from "../output-folder.ts";
import { checkReplaceable, writeProfile } from "../profile-output.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";

interface ForgetOptions extends OutputOptions {
	prompt?: string[];
	containing?: string[];
	out?: string;
	force?: true;
}

export function addForget(program: Command, around: Surroundings): void {
	const command = program
		.command("forget")
		.description("remove prompts from a profile, without a trace in its file")
		.argument("<file>", "the profile")
		.option("--prompt <text>", "a prompt to remove, exactly as written; repeat for several", repeatable(String))
		.addOption(
			new Option(
				"--containing <text>",
				"remove every prompt that contains this text, in upper or lower case; repeat for several",
			).argParser(repeatable(String)),
		)
		.option("--out <file>", "where to write the rest (default: replaces the profile)")
		.option("--force", "also replace a file that is not a profile");
	addOutput(command)
		.addHelpText("after", EXAMPLES)
		.action((file: string, options: ForgetOptions) => forget(file, options, around));
}

async function forget(file: string, options: ForgetOptions, around: Surroundings): Promise<void> {
	const { prompt = [], containing = [], out = file, force = false } = options;
	if (prompt.length === 0 && containing.length === 0) {
		const expected = "--prompt or --containing, to say which prompts go";
		throw new ArgumentError({ what: "drum forget", expected, found: "neither" });
	}
	if (containing.includes("")) {
		throw new ArgumentError({
			what: "--containing",
			expected: "a text",
			found: "an empty text, which every prompt contains",
		});
	}
	const { Profile } = await import("@drum/peca");
	const progress = new Progress(around, options.quiet);
	const profile = await Profile.load(file);
	await checkFolder(dirname(resolve(out)));
	const replaces = await checkReplaceable(out, force);
	try {
		const unknown = prompt.find((text) => !profile.history.some((each) => each.prompt === text));
		if (unknown !== undefined) {
			throw new ArgumentError({
				what: `--prompt of ${file}`,
				expected: "a prompt of the profile, exactly as written",
				found: shown(unknown),
				next: "Use --containing to find prompts by a part of them",
			});
		}
		const parts = containing.map((part) => part.toLowerCase());
		const left = profile
			.without(prompt)
			.without((each) => parts.some((part) => each.prompt.toLowerCase().includes(part)));
		const gone = profile.history.length - left.history.length;
		await writeProfile(left, { ...options, out, replaces }, { around, progress });
		progress.note(`${gone} of ${profile.history.length} prompts removed`);
	} finally {
		progress.end();
	}
}

const EXAMPLES = `
Examples:
  drum forget me.safetensors --prompt "a zebra in a hat"
  drum forget me.safetensors --containing zebra --containing hat --out without.safetensors
`;
