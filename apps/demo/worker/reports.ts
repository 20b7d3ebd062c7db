import { setTimeout } from "node:timers/promises";
import { encodePng, type Image } from "@drum/pipeline";
import type { JobProgress } from "../api/index.ts";
import type { Store } from "../store/open-store.ts";
import { type Change, type Claim, holds, type WriteOptions, writeClaimed } from "../store/work.ts";
import type { Log } from "./log.ts";

/** Milliseconds between two reports of one job. */
const EVERY = 125;

/** Why a job is worked at no more: it was cancelled, it is gone, or another worker has begun it again. */
export class ClaimLost extends Error {
	override name = "ClaimLost";
}

interface News {
	progress?: JobProgress;
	preview?: { place: number; step: number; total: number; image: Image };
}

/** What a worker tells of its job as it goes on: the newest, a few times a second. */
export class Reports {
	readonly #store: Store;
	readonly #claim: Claim;
	readonly #log: Log;
	readonly #lost = new AbortController();
	#news: News | undefined;
	#pause = new AbortController();
	#writing: Promise<void> | undefined;

	constructor(store: Store, claim: Claim, log: Log) {
		this.#store = store;
		this.#claim = claim;
		this.#log = log;
	}

	/** Aborts with `ClaimLost` once it is seen that the job is to be worked at no more. */
	get signal(): AbortSignal {
		return this.#lost.signal;
	}

	/** Tells how far the job is, soon. */
	progress(progress: JobProgress): void {
		this.#tell({ progress });
	}

	/** Shows a picture as it stands, soon. */
	preview(place: number, step: number, total: number, image: Image): void {
		this.#tell({ preview: { place, step, total, image } });
	}

	/** Looks whether the claim still holds, soon. */
	check(): void {
		this.#tell({});
	}

	/** Writes at once, and what was to be told before is dropped. @throws ClaimLost */
	async write(change: Change, options: WriteOptions = {}): Promise<void> {
		await this.quiet();
		this.#lost.signal.throwIfAborted();
		if (await writeClaimed(this.#store, this.#claim, change, options)) return;
		this.#lose();
		this.#lost.signal.throwIfAborted();
	}

	/** Drops what is yet to be told, and waits for what is being told. */
	async quiet(): Promise<void> {
		this.#news = undefined;
		this.#pause.abort();
		await this.#writing;
	}

	#tell(news: News): void {
		this.#news = { ...this.#news, ...news };
		this.#writing ??= this.#tellAll().finally(() => {
			this.#writing = undefined;
		});
	}

	async #tellAll(): Promise<void> {
		this.#pause = new AbortController();
		while (this.#news && !this.#lost.signal.aborted) {
			const news = this.#news;
			this.#news = undefined;
			try {
				if (!(await this.#write(news))) this.#lose();
			} catch (error) {
				this.#log.warn({ err: error, jobId: this.#claim.jobId }, "a report was not written");
			}
			await setTimeout(EVERY, undefined, { signal: this.#pause.signal }).catch(() => {});
		}
	}

	async #write({ progress, preview }: News): Promise<boolean> {
		if (!progress && !preview) return holds(this.#store, this.#claim);
		const { image, ...of } = preview ?? {};
		const change: Change = {
			...(progress && { progress: JSON.stringify(progress) }),
			...(image && { preview: await encodePng(image), preview_of: JSON.stringify(of) }),
		};
		return writeClaimed(this.#store, this.#claim, change, { lossy: true });
	}

	#lose(): void {
		this.#lost.abort(new ClaimLost("the job has ended, is gone, or is another worker's"));
	}
}
