import { type Captioner, captionHistory } from "@drum/captions";
import { ArgumentError, DownloadError } from "@drum/tensor";
import type { FastifyBaseLogger } from "fastify";
import type { Caption } from "../../api/index.ts";
import { checkPicture } from "../read-inputs.ts";
import { invalid, Refusal, tooMany } from "../refusal.ts";

/** Milliseconds from a picture's turn to its prompt. */
const LONGEST = 60_000;

/** Gives pictures prompts, one after the other, and of each user one at a time. Nothing of a picture or its prompt is kept or logged. */
export class PictureCaptions {
	readonly #captioner: Captioner | undefined;
	readonly #log: FastifyBaseLogger;
	readonly #users = new Set<string>();
	#last: Promise<unknown> = Promise.resolve();

	constructor(captioner: Captioner | undefined, log: FastifyBaseLogger) {
		this.#captioner = captioner;
		this.#log = log;
	}

	/** Whether pictures are described whose files tell no prompt. */
	get describes(): boolean {
		return this.#captioner !== undefined;
	}

	/**
	 * @throws Refusal for what is no picture, for a second one of the user meanwhile, where nothing describes pictures, and where that fails
	 */
	async of(userId: string, file: Uint8Array, closing: AbortSignal): Promise<Caption> {
		await checkPicture(file, "picture");
		if (this.#users.has(userId)) {
			const detail = "Pictures are described one after the other. Send this one again when the other is answered";
			throw tooMany("caption-running", "Another picture of yours is being described", detail, 2);
		}
		this.#users.add(userId);
		try {
			const caption = this.#last.then(() => this.#caption(file, closing));
			this.#last = caption.catch(() => {});
			return await caption;
		} finally {
			this.#users.delete(userId);
		}
	}

	async #caption(image: Uint8Array, closing: AbortSignal): Promise<Caption> {
		const signal = AbortSignal.any([closing, AbortSignal.timeout(LONGEST)]);
		try {
			const { history } = await captionHistory([{ image }], { captioner: this.#captioner, signal });
			const [{ prompt, captionFrom }] = history as [(typeof history)[0]];
			return { prompt, from: captionFrom! };
		} catch (error) {
			closing.throwIfAborted();
			if (error instanceof ArgumentError) throw this.#captioner ? unreadable(error) : undescribed();
			if (!signal.aborted && !(error instanceof DownloadError)) throw error;
			// What the server said may hold its address.
			this.#log.warn({ err: error }, "a picture could not be described");
			throw away();
		}
	}
}

function unreadable({ message }: ArgumentError): Refusal {
	return invalid([{ at: "/picture", message: message.replace("picture of history row 0", "the picture") }]);
}

function undescribed(): Refusal {
	const title = "The picture does not tell a prompt";
	const detail = "This service describes no pictures. Write in words what you like about it";
	return new Refusal({ status: 409, kind: "no-captioner", title, detail });
}

function away(): Refusal {
	const title = "The picture could not be described";
	const detail = "Try again later, or write in words what you like about it";
	return new Refusal({ status: 503, kind: "captioner-away", title, detail, headers: { "retry-after": "30" } });
}
