import { promptText } from "@drum/captions/metadata";
import { openPicture } from "../draw/open-picture.ts";
import { readPictureSettings } from "../pictures/picture-settings.ts";
import { asFailure } from "../service/failure.ts";
import { service } from "../service/service.ts";
import { histories } from "./histories.svelte.ts";

/** A picture that is liked, and does not count yet. It stays in this tab, and goes with it. */
export interface LikedPicture {
	readonly id: number;
	readonly name: string;
	/** Shows it. */
	readonly url: string;
	state: "reading" | "read" | "open";
	/** What it is to count as; whoever likes it can change it. */
	prompt: string;
	/** What wrote the prompt; none where it is for the user to write. */
	from?: string;
	/** Why there is no prompt. */
	why?: string | undefined;
	intensity: number;
}

/** Seconds after which a busy service is asked again, and how often. */
const [LATER, TRIES] = [1000, 60];
const BUSY = 429;

/** Pictures that wait for their prompts to be looked at. */
class LikedPictures {
	waiting = $state<LikedPicture[]>([]);
	#next = 0;
	#last: Promise<unknown> = Promise.resolve();

	/** Whether any can be added. */
	get ready(): boolean {
		return this.waiting.some(({ state, prompt }) => state !== "reading" && prompt.trim() !== "");
	}

	/**
	 * Takes a picture's file, and finds a prompt for it: the one that drew it, which is read here, or one by the service, which gets the
	 * picture alone, small and without what else its file tells.
	 * @throws where the browser cannot read it
	 */
	async take(file: File): Promise<void> {
		const id = this.#next++;
		const opened = await openPicture(file);
		const { url } = opened;
		// In the order that they were given in, whichever is opened first.
		const later = this.waiting.findIndex((each) => each.id > id);
		const place = later === -1 ? this.waiting.length : later;
		this.waiting.splice(place, 0, { id, name: file.name, url, state: "reading", prompt: "", intensity: 4 });
		const picture = this.waiting[place]!;
		// One that does not tell its prompt is none for this.
		const told = await readPictureSettings(new Uint8Array(await file.arrayBuffer())).catch(() => undefined);
		const prompt = told && promptText(told.prompt).prompt;
		if (prompt) Object.assign(picture, { prompt, from: told.program ?? "DrUM", state: "read" });
		else {
			const asked = this.#last.then(() => this.#describe(picture, opened.file));
			this.#last = asked;
			await asked;
		}
	}

	/** Adds those that have prompts to the open history. */
	async add(): Promise<void> {
		if (!histories.open && !(await histories.create("My history"))) return;
		const ready = this.waiting.filter(({ state, prompt }) => state !== "reading" && prompt.trim() !== "");
		const items = ready.map(({ prompt, intensity }) => ({ prompt: prompt.trim(), intensity }));
		if (await histories.add(items)) for (const picture of ready) this.remove(picture);
	}

	remove({ id, url }: LikedPicture): void {
		URL.revokeObjectURL(url);
		this.waiting = this.waiting.filter((each) => each.id !== id);
	}

	async #describe(picture: LikedPicture, file: Blob): Promise<void> {
		for (let tries = 1; ; tries++) {
			try {
				const { prompt, from } = await service.caption(file);
				Object.assign(picture, { prompt, from, state: "read" });
				return;
			} catch (error) {
				const { status, message, detail } = asFailure(error);
				if (status !== BUSY || tries === TRIES) {
					Object.assign(picture, { why: [message, detail].filter(Boolean).join(". "), state: "open" });
					return;
				}
				await new Promise((resolve) => setTimeout(resolve, LATER));
			}
		}
	}
}

export const likedPictures = new LikedPictures();
