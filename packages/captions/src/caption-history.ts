import type { HistoryItem } from "@drum/peca";
import { ArgumentError, checkNames, namesOf, shown, type Warning } from "@drum/tensor";
import type { CaptionCache } from "./cache/caption-cache.ts";
import type { Captioner } from "./captioner.ts";
import { type GivenPicture, givenPicture, type LikedPicture } from "./given-picture.ts";
import { toldPrompt } from "./metadata/told-prompt.ts";
import { promptText } from "./prompt-text.ts";

/** A history's row: a prompt, a liked picture, or a picture with the prompt that it is to count as. */
export interface LikedItem extends Omit<HistoryItem, "prompt"> {
	prompt?: string | undefined;
	image?: LikedPicture | undefined;
}

/** A row that counts: its prompt can be read, and changed, before a profile is made of it. */
export interface CaptionedItem extends HistoryItem {
	image?: LikedPicture | undefined;
	/** Who wrote the prompt: the program that drew the picture, or the captioner's name. None where it was given. */
	captionFrom?: string | undefined;
}

export interface CaptionHistoryOptions {
	/** Asked for pictures whose files tell no prompt; without one they are refused. */
	captioner?: Captioner | undefined;
	/** Where its captions are kept. Default nowhere. */
	cache?: CaptionCache | undefined;
	/** Whether a prompt that a picture's file tells is taken. Default true. */
	metadata?: boolean | undefined;
	signal?: AbortSignal | undefined;
	/** Called after each picture. */
	onProgress?: ((done: number, total: number) => void) | undefined;
}

const OPTIONS = namesOf<CaptionHistoryOptions>({
	captioner: true,
	cache: true,
	metadata: true,
	signal: true,
	onProgress: true,
});

/**
 * Gives each picture of a history a prompt: the one that it has in the row; else the one that drew it, as DrUM, Stable Diffusion web UI,
 * ComfyUI, InvokeAI, SwarmUI and NovelAI write it into their files; else the captioner's. Prompts of pictures are on one line and have at most
 * 2,000 characters. The rows of the result make a profile as they are; show them to the user before.
 * @throws ArgumentError naming the row that has neither prompt nor picture, a picture that is none, or one that only a captioner could
 * tell of; FileError for a path that cannot be read; what the captioner throws; the signal's reason.
 */
export async function captionHistory(
	history: readonly LikedItem[],
	options: CaptionHistoryOptions = {},
): Promise<{ history: CaptionedItem[]; warnings: Warning[] }> {
	checkNames("captionHistory", options, OPTIONS);
	const { signal, onProgress } = options;
	checkRows(history);
	const total = history.filter(lacksPrompt).length;
	const known = new Map<string, Caption>();
	const rows: CaptionedItem[] = [];
	const warnings: Warning[] = [];
	let done = 0;
	for (const [row, item] of history.entries()) {
		if (!lacksPrompt(item)) {
			rows.push(item as CaptionedItem);
			continue;
		}
		signal?.throwIfAborted();
		const what = `picture of history row ${row}`;
		const picture = await givenPicture(item.image!, what);
		const caption = known.get(picture.hash) ?? (await captionOf(picture, what, options));
		known.set(picture.hash, caption);
		if (caption.cut) warnings.push(cutWarning(what, caption));
		rows.push({ ...item, prompt: caption.prompt, captionFrom: caption.from });
		onProgress?.(++done, total);
	}
	return { history: rows, warnings };
}

interface Caption {
	readonly prompt: string;
	readonly from: string;
	readonly cut: boolean;
}

async function captionOf(
	picture: GivenPicture,
	what: string,
	{ captioner, cache, metadata = true, signal }: CaptionHistoryOptions,
): Promise<Caption> {
	const told = metadata && picture.file && (await toldPrompt(picture.file));
	if (told) {
		const text = promptText(told.prompt);
		if (text.prompt !== "") return { ...text, from: told.program };
	}
	if (!captioner) {
		const next = "Give a captioner, or write the picture's prompt beside it";
		throw new ArgumentError({ what, expected: "a prompt in its file, or a captioner", found: "neither", next });
	}
	const from = captioner.name;
	const kept = await cache?.get(picture.hash, from);
	if (kept !== undefined) return { ...promptText(kept), from };
	const text = promptText(await captioner.caption(await picture.open(), { signal }));
	if (text.prompt === "") {
		const next = "Write the picture's prompt beside it";
		throw new ArgumentError({ what: `caption of ${what} by ${from}`, expected: "words", found: "none", next });
	}
	await cache?.set(picture.hash, from, text.prompt);
	return { ...text, from };
}

function lacksPrompt({ prompt }: LikedItem): boolean {
	return prompt === undefined || prompt === null;
}

/** Before any picture is read: a captioner may take long for each. */
function checkRows(history: readonly LikedItem[]): void {
	if (!Array.isArray(history))
		throw new ArgumentError({ what: "history", expected: "a list of { prompt } or { image }", found: shown(history) });
	for (const [row, item] of history.entries()) {
		if (typeof item === "object" && item !== null && !(lacksPrompt(item) && (item.image ?? undefined) === undefined))
			continue;
		throw new ArgumentError({ what: `history row ${row}`, expected: "a prompt or an image", found: shown(item) });
	}
}

function cutWarning(what: string, { from, prompt }: Caption): Warning {
	const message = `${what}: the prompt by ${from} was cut after ${prompt.length} characters`;
	return { code: "prompt-cut", what, message };
}
