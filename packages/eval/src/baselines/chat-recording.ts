import { createHash } from "node:crypto";
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { FileError, parseJson, shown } from "@drum/tensor";
import { readTextFile } from "@drum/tensor/node";
import * as z from "zod";

/** Bytes; a call has a few thousand. */
const LARGEST_RECORDING = 500_000_000;

export interface ChatMessage {
	readonly role: "system" | "user" | "assistant";
	readonly content: string;
}

/** What is asked, and all that an answer depends on. */
export interface ChatRequest {
	readonly model: string;
	readonly temperature: number;
	readonly messages: readonly ChatMessage[];
}

export interface ChatAnswer {
	readonly content: string;
	/** The version that answered, as `gpt-4o-2024-08-06`. */
	readonly model?: string | undefined;
}

const LINE = z.object({
	key: z.string(),
	answer: z.object({ content: z.string(), model: z.string().optional() }),
});

/** The SHA-256 of a request, whatever else its objects hold and in any order. */
export function keyOf({ model, temperature, messages }: ChatRequest): string {
	const request = { model, temperature, messages: messages.map(({ role, content }) => ({ role, content })) };
	return createHash("sha256").update(JSON.stringify(request)).digest("hex");
}

/**
 * Calls and their answers in a JSONL file, which only grows. A line counts once it is whole: one that a killed process left cut short
 * is skipped, and the next goes on a line of its own.
 */
export class ChatRecording {
	readonly path: string;
	readonly #answers: Map<string, ChatAnswer>;
	/** Whether the file's last line is cut short. */
	#cut: boolean;
	/** The last line's writing: they go one by one, so that the file's first answer to a call is the one that was given. */
	#writing: Promise<unknown> = Promise.resolve();

	private constructor(path: string, answers: Map<string, ChatAnswer>, cut: boolean) {
		this.path = path;
		this.#answers = answers;
		this.#cut = cut;
	}

	/** @throws FileError where the file cannot be read, or is no recording. */
	static async open(path: string): Promise<ChatRecording> {
		const text = await readTextFile(path, { most: LARGEST_RECORDING, what: `recording ${path}` }).catch(
			(error: Error) => {
				if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return "";
				throw error;
			},
		);
		const answers = new Map<string, ChatAnswer>();
		for (const [row, line] of text.split("\n").entries()) {
			const value = parsed(line);
			if (value === undefined) continue;
			const { data, error } = LINE.safeParse(value);
			if (!data) {
				const what = `recording ${path}, line ${row + 1}`;
				throw new FileError({ what, expected: "a recorded call", found: shown(line), cause: error });
			}
			if (!answers.has(data.key)) answers.set(data.key, data.answer);
		}
		return new ChatRecording(path, answers, text !== "" && !text.endsWith("\n"));
	}

	get size(): number {
		return this.#answers.size;
	}

	find(request: ChatRequest): ChatAnswer | undefined {
		return this.#answers.get(keyOf(request));
	}

	/**
	 * Keeps an answer, on the disk before it returns.
	 * @returns the answer that replays give: an earlier one, if the same call was made twice at once
	 * @throws FileError where the file cannot be written.
	 */
	add(request: ChatRequest, answer: ChatAnswer): Promise<ChatAnswer> {
		const kept = this.#writing.then(() => this.find(request) ?? this.#write(request, answer));
		this.#writing = kept.catch(() => {});
		return kept;
	}

	async #write(request: ChatRequest, answer: ChatAnswer): Promise<ChatAnswer> {
		const key = keyOf(request);
		const line = `${this.#cut ? "\n" : ""}${JSON.stringify({ key, request, answer })}\n`;
		this.#cut = true;
		try {
			await mkdir(dirname(this.path), { recursive: true });
			await appendFile(this.path, line, { flush: true });
		} catch (cause) {
			const what = `recording ${this.path} cannot be written`;
			throw new FileError({ what, found: (cause as Error).message, cause });
		}
		this.#cut = false;
		this.#answers.set(key, answer);
		return answer;
	}
}

function parsed(line: string): unknown {
	try {
		return parseJson(line);
	} catch {
		return undefined;
	}
}
