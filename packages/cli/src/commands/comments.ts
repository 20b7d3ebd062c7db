import type { VisualPreferences } from "@drum/captions";
import { writeFile } from "@drum/tensor";
import type { Command } from "commander";
import { checkNewHistory } from "../output-folder.ts";
import { printable } from "../printable.ts";
import { Progress } from "../progress.ts";
import { readComments } from "../read-comments.ts";
import type { Surroundings } from "../surroundings.ts";

interface CommentsOptions {
	visionModel: string;
	cache: string | boolean;
	out?: string;
	force?: true;
	forget?: true;
	quiet?: true;
}

export function addComments(program: Command, around: Surroundings): void {
	program
		.command("comments")
		.description(
			"turn comments on pictures into a history of likes and dislikes, by a vision-language model; check the prompts before you use them",
		)
		.argument("<file>", "comments: JSONL {image, comment}, at most 20; paths are relative to the file")
		.option(
			"--vision-model <name>",
			"the model to ask; it sees the pictures (OPENAI_API_KEY, OPENAI_BASE_URL)",
			"gpt-4o",
		)
		.option("--cache <folder>", "where answers are cached (default: drum/captions in the hub's home)")
		.option("--no-cache", "do not cache answers")
		.option("--out <file>", "the history's file, JSONL (default: stdout)")
		.option("--force", "replace an existing file")
		.option("--forget", "write nothing, and remove the answer on these comments from the cache")
		.option("-q, --quiet", "print only errors on stderr")
		.addHelpText("after", EXAMPLES)
		.action((file: string, options: CommentsOptions) => comments(file, options, around));
}

async function comments(file: string, options: CommentsOptions, around: Surroundings): Promise<void> {
	const { commentsHash, preferenceHistory, VisionEndpoint, visualPreferences } = await import("@drum/captions");
	const { FolderCaptionCache } = await import("@drum/captions/node");
	const { visionModel: model, out, force, forget } = options;
	const progress = new Progress(around, options.quiet);
	const cache =
		options.cache === false
			? undefined
			: new FolderCaptionCache(typeof options.cache === "string" ? options.cache : undefined);
	if (forget) return cache?.forget(await commentsHash(await readComments(file)));
	const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = around.env;
	const endpoint = new VisionEndpoint({ model, apiKey, baseUrl: baseUrl || undefined });
	if (out !== undefined) await checkNewHistory(out, force);
	const preferences = await visualPreferences(await readComments(file), endpoint, { cache, signal: around.signal });
	const text = preferenceHistory(preferences)
		.map((item) => `${JSON.stringify({ ...item, captionFrom: endpoint.name })}\n`)
		.join("");
	if (out === undefined) return void around.stdout.write(text);
	await writeFile(out, [new TextEncoder().encode(text)], { expected: "a place to write a history" });
	tell(preferences, progress);
	progress.note(`${out}: check the prompts, then run drum profile --history ${out}`);
}

/** Shows what was understood, so that the user can check it. */
function tell(preferences: VisualPreferences, progress: Progress): void {
	for (const side of ["liked", "disliked"] as const)
		progress.note(printable(`${side}: ${preferences[side].join(", ") || "nothing"}`));
}

const EXAMPLES = `
Each line of the history is {"prompt", "intensity", "captionFrom"}: 1 for what is liked, -1 for what is not.

Examples:
  drum comments holiday/comments.jsonl --out holiday/taste.jsonl
  drum profile --model ./my-model --history holiday/taste.jsonl --out me.safetensors
  drum comments holiday/comments.jsonl --forget
`;
