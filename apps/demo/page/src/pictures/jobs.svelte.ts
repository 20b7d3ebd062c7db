import { SvelteMap } from "svelte/reactivity";
import type { Job, NewJob, Preview } from "../../../api/index.ts";
import { notices } from "../frame/notices.svelte.ts";
import { asFailure, type Failure, NO_ANSWER } from "../service/failure.ts";
import { service } from "../service/service.ts";

const PAGE = 12;

export const hasEnded = ({ status }: Job) => status !== "queued" && status !== "running";

/** The user's jobs, as the service's events tell them, and their pages of earlier ones. */
class Jobs {
	/** By id. */
	all = new SvelteMap<string, Job>();
	/** The newest of each picture that is being drawn, by `previewKey`. */
	previews = new SvelteMap<string, Preview>();
	state = $state<"loading" | "ready" | "failed">("loading");
	failure = $state<Failure>();
	/** The job whose pictures are shown large. */
	shownId = $state<string>();
	/** Where the next page of earlier jobs begins. */
	next = $state<string>();
	/** A request that may have arrived all the same: asked again it has the same key, and is not drawn twice. */
	#unanswered: { text: string; key: string } | undefined;
	#hidden = new SvelteMap<string, true>();

	/** Jobs that draw, newest first. */
	drawings = $derived.by(() =>
		[...this.all.values()]
			.filter(({ id, request }) => request.kind === "pictures" && !this.#hidden.has(id))
			.sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
	);
	/** The one that was chosen; the newest while none is, as when it is the first and was asked for in another page. */
	shown = $derived((this.shownId === undefined ? undefined : this.all.get(this.shownId)) ?? this.drawings[0]);

	async load(): Promise<void> {
		this.state = "loading";
		try {
			await this.#page(undefined);
			this.shownId ??= this.drawings[0]?.id;
			this.state = "ready";
		} catch (error) {
			this.failure = asFailure(error);
			this.state = "failed";
		}
	}

	more = () => tell(() => this.#page(this.next));

	/** Takes a job's newest state; an older one that arrives late changes nothing. */
	apply(job: Job): void {
		const known = this.all.get(job.id);
		if (known && known.version >= job.version) return;
		this.all.set(job.id, job);
		// The job's own stay until its pictures are loaded over them.
		if (hasEnded(job)) for (const key of this.previews.keys()) if (!key.startsWith(job.id)) this.#dropEnded(key);
	}

	preview(preview: Preview): void {
		const job = this.all.get(preview.jobId);
		if (!job || !hasEnded(job)) this.previews.set(previewKey(preview.jobId, preview.place), preview);
	}

	forget(id: string): void {
		this.all.delete(id);
		if (this.shownId === id) this.shownId = undefined;
	}

	/** Asks again for what may have ended while no events came. */
	async catchUp(): Promise<void> {
		await tell(async () => {
			for (const job of (await service.jobs(PAGE)).jobs) this.apply(job);
		});
		const open = [...this.all.values()].filter((job) => !hasEnded(job));
		await Promise.all(
			open.map(async ({ id }) => {
				try {
					this.apply(await service.job(id));
				} catch (error) {
					if (asFailure(error).status === 404) this.forget(id);
				}
			}),
		);
	}

	/** @throws Failure when the service refuses it. */
	async submit(request: NewJob): Promise<Job> {
		await notices.settle();
		const text = JSON.stringify(request);
		const key = this.#unanswered?.text === text ? this.#unanswered.key : newKey();
		this.#unanswered = { text, key };
		const job = await service.submit(request, key).catch((error) => {
			if (asFailure(error).status !== NO_ANSWER) this.#unanswered = undefined;
			throw error;
		});
		this.#unanswered = undefined;
		this.apply(job);
		if (request.kind === "pictures") this.shownId = job.id;
		return job;
	}

	again = (request: NewJob) => tell(() => this.submit(request));

	cancel = (id: string) => tell(() => service.cancelJob(id));

	/** Takes a job and its pictures away; they are deleted once that can no longer be undone. */
	remove({ id }: Job): void {
		this.#hidden.set(id, true);
		const wasShown = this.shownId === id;
		if (wasShown) this.shownId = this.drawings[0]?.id;
		notices.undoable(
			"Pictures deleted",
			async (leaving) => {
				await tell(() => service.deleteJob(id, leaving));
				this.forget(id);
				this.#hidden.delete(id);
			},
			() => {
				this.#hidden.delete(id);
				if (wasShown) this.shownId = id;
			},
		);
	}

	#dropEnded(key: string): void {
		const job = this.all.get(key.split("/", 1)[0]!);
		if (!job || hasEnded(job)) this.previews.delete(key);
	}

	async #page(before: string | undefined): Promise<void> {
		const { jobs: page, next } = await service.jobs(PAGE, before);
		for (const job of page) this.apply(job);
		this.next = next;
	}
}

async function tell(work: () => Promise<unknown>): Promise<void> {
	try {
		await work();
	} catch (error) {
		const { message, detail } = asFailure(error);
		notices.show(message, { detail, tone: "bad" });
	}
}

/** Random, by what browsers also have where the page comes over plain HTTP. */
function newKey(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function previewKey(jobId: string, place: number): string {
	return `${jobId}/${place}`;
}

export const jobs = new Jobs();
