import { dirname, relative, resolve, sep } from "node:path";
import type { CaptionedItem } from "@drum/captions";
import { writeFile } from "@drum/tensor";
import type { Command } from "commander";
import { openCaptioner, tellCaption } from "../captioner.ts";
import { addCaptioner, type CaptionerChoice } from "../options/history.ts";
import { checkNewHistory } from "../output-folder.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";

interface CaptionOptions {
	captioner?: CaptionerChoice;
	metadata: boolean;
	cache: string | boolean;
	out?: string;
	force?: true;
	forget?: true;
	quiet?: true;
}

export function addCaption(program: Command, around: Surroundings): void {
	const command = program
		.command("caption")
		.description(
			"turn pictures into a history, with the prompt that drew each one or a description of it; check the prompts before you use them",
		)
		.argument("<file...>", "liked pictures");
	addCaptioner(command)
		.option("--no-metadata", "ignore prompts stored in the files")
		.option("--cache <folder>", "where captions are cached (default: drum/captions in the hub's home)")
		.option("--no-cache", "do not cache captions")
		.option("--out <file>", "the history's file, JSONL (default: stdout)")
		.option("--force", "replace an existing file")
		.option("--forget", "write nothing, and remove these pictures' captions from the cache")
		.option("-q, --quiet", "print only errors on stderr")
		.addHelpText("after", EXAMPLES)
		.action((files: string[], options: CaptionOptions) => caption(files, options, around));
}

async function caption(files: readonly string[], options: CaptionOptions, around: Surroundings): Promise<void> {
	const { captionHistory, pictureHash } = await import("@drum/captions");
	const { FolderCaptionCache } = await import("@drum/captions/node");
	const { out, metadata, force, forget } = options;
	const progress = new Progress(around, options.quiet);
	const cache =
		options.cache === false
			? undefined
			: new FolderCaptionCache(typeof options.cache === "string" ? options.cache : undefined);
	if (forget) {
		for (const file of files) await cache?.forget(await pictureHash(file));
		return;
	}
	if (out !== undefined) await checkNewHistory(out, force);
	const held = options.captioner && (await openCaptioner(options.captioner, around));
	try {
		const { history, warnings } = await captionHistory(
			files.map((image) => ({ image })),
			{
				...{ captioner: held, cache, metadata, signal: around.signal },
				onProgress: (done, total) => progress.show("captions", done, total),
			},
		);
		progress.warn(warnings);
		progress.end();
		const text = history.map((item, i) => lineOf(item, files[i]!, out)).join("");
		if (out === undefined) return void around.stdout.write(text);
		await writeFile(out, [new TextEncoder().encode(text)], { expected: "a place to write a history" });
		for (const [i, item] of history.entries()) tellCaption(item, files[i]!, progress);
		progress.note(`${out}: check the prompts, then run drum profile --history ${out}`);
	} finally {
		progress.end();
		await held?.[Symbol.asyncDispose]?.();
	}
}

/** The picture's path as the history's file is to name it. */
function lineOf({ prompt, captionFrom }: CaptionedItem, file: string, out: string | undefined): string {
	const image = relative(out === undefined ? "." : dirname(resolve(out)), resolve(file))
		.split(sep)
		.join("/");
	return `${JSON.stringify({ prompt, image, captionFrom })}\n`;
}

const EXAMPLES = `
Each line of the history is {"prompt", "image", "captionFrom"}; a line without a prompt is described when a profile is made.

Examples:
  drum caption out/*.png --out liked.jsonl
  drum caption holiday/*.jpg --captioner openai:gpt-4o --out holiday/liked.jsonl
  drum profile --model ./my-model --history liked.jsonl --out me.safetensors
  drum caption holiday/*.jpg --forget
`;
