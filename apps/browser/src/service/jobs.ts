import type { Job, JobPage, JobRequest, NewJob, Preview, Warning } from "@drum/demo/api";
import { asFailure, Failure } from "@drum/demo/page/failure";
import type { MadePicture, MadeProfile, News } from "../drawing/messages.ts";
import { Cancelled, type Drawing } from "../drawing/thread.ts";
import { type Histories, notFound } from "./histories.ts";
import type { NamedProfiles } from "./named-profiles.ts";
import { newId } from "./new-id.ts";
import type { Pictures } from "./pictures.ts";
import type { Profiles } from "./profiles.ts";
import type { Store, StoredHistory } from "./store.ts";

/** Whoever shows the jobs. */
export interface Audience {
	job(job: Job): void;
	preview(preview: Preview): void;
}

interface Parts {
	store: Store;
	drawing: Drawing;
	histories: Histories;
	profiles: Profiles;
	pictures: Pictures;
	named: NamedProfiles;
}

/** Jobs of this tab, done one after the other; those that have ended are kept. One that the tab is closed over is gone. */
export class Jobs {
	readonly #parts: Parts;
	readonly #tell: Audience;
	/** Those that have not ended. */
	readonly #open = new Map<string, Job>();
	readonly #inputs = new Map<string, { image?: string; mask?: string }>();
	readonly #deleted = new Set<string>();
	#last: Promise<void> = Promise.resolve();

	constructor(parts: Parts, tell: Audience) {
		this.#parts = parts;
		this.#tell = tell;
	}

	/** Newest first. */
	async page(limit: number, before?: string): Promise<JobPage> {
		const all = [...this.#open.values(), ...(await this.#parts.store.all("jobs"))].sort(newestFirst);
		const from = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1;
		const jobs = all.slice(from, from + limit);
		for (const job of jobs) await this.#parts.pictures.show(job);
		return { jobs, ...(from + limit < all.length && { next: jobs.at(-1)!.id }) };
	}

	/** @throws Failure where there is none. */
	async get(id: string): Promise<Job> {
		const job = this.#open.get(id) ?? (await this.#parts.store.get("jobs", id));
		if (!job) throw notFound("job");
		await this.#parts.pictures.show(job);
		return job;
	}

	async submit(order: NewJob): Promise<Job> {
		const { request, inputs } = await requestOf(order);
		if (request.kind === "pictures" && request.profile !== undefined) await this.#parts.named.get(request.profile);
		if (request.historyId !== undefined && (await this.#parts.histories.get(request.historyId)).entries.length === 0)
			throw new Failure(
				"The history is empty",
				422,
				"A profile is made of at least one prompt. Add prompts that you liked.",
			);
		const job: Job = {
			...{ id: newId(), version: 0, status: "queued", request, ahead: this.#open.size },
			...{ pictures: [], warnings: [], createdAt: new Date().toISOString() },
		};
		this.#inputs.set(job.id, inputs);
		this.#change(job, {});
		this.#last = this.#last.then(() => this.#run(job));
		return { ...job };
	}

	/** Whether it is this tab's, and has not ended. */
	has(id: string): boolean {
		return this.#open.has(id);
	}

	/** Cancels one of this tab's; of others nothing is done. */
	cancel(id: string): void {
		const job = this.#open.get(id);
		if (!job) return;
		if (job.status === "running") this.#parts.drawing.cancel(id);
		else void this.#end(job, { status: "cancelled" });
	}

	/** @throws Failure where there is none. */
	async delete(id: string): Promise<void> {
		if (this.#open.has(id)) {
			this.#deleted.add(id);
			return this.cancel(id);
		}
		await this.#parts.pictures.deleteOf(await this.get(id));
		await this.#parts.store.delete("jobs", id);
	}

	/** Tells of what ends with the tab. */
	leave(): void {
		for (const job of this.#open.values()) this.#change(job, { status: "cancelled" });
	}

	async #run(job: Job): Promise<void> {
		if (!this.#open.has(job.id)) return;
		this.#change(job, { status: "running", startedAt: new Date().toISOString(), ahead: undefined });
		for (const [place, each] of [...this.#open.values()].filter(({ status }) => status === "queued").entries())
			this.#change(each, { ahead: place + 1 });
		try {
			await this.#work(job);
			await this.#end(job, { status: "done" });
		} catch (error) {
			if (error instanceof Cancelled) return this.#end(job, { status: "cancelled" });
			const { message: title, detail, status } = asFailure(error);
			await this.#end(job, {
				status: "failed",
				problem: { type: "about:blank", title, status, ...(detail && { detail }) },
			});
		}
	}

	async #work(job: Job): Promise<void> {
		const { drawing, histories, profiles, named } = this.#parts;
		const { request } = job;
		const history = request.historyId === undefined ? undefined : await histories.get(request.historyId);
		const known = history && (await profiles.find(history, request));
		if (known) this.#change(job, { profileId: known.id, warnings: merged(job.warnings, known.warnings) });
		const writing: Promise<void>[] = [];
		const hear = (news: News) => {
			if ("progress" in news) this.#change(job, news);
			else if ("preview" in news) this.#tell.preview({ ...news.preview, jobId: job.id });
			else if ("profile" in news) writing.push(this.#keepProfile(job, history!, news.profile));
			else writing.push(this.#keepPicture(job, news.picture));
		};
		const inputs = this.#inputs.get(job.id) ?? {};
		const steering = history && { entries: history.entries, known };
		const { parts } = request.kind === "pictures" && request.profile ? await named.get(request.profile) : { parts: [] };
		const blend: { entries: StoredHistory["entries"]; weight: number }[] = [];
		for (const { historyId, weight } of parts)
			blend.push({ entries: (await histories.get(historyId)).entries, weight });
		await drawing.draw({ jobId: job.id, request, inputs, steering, blend, seed: seedOf(job) }, hear);
		await Promise.all(writing);
	}

	async #keepProfile(job: Job, history: Parameters<Profiles["keep"]>[0], made: MadeProfile): Promise<void> {
		const { id } = await this.#parts.profiles.keep(history, job.request, made);
		this.#change(job, { profileId: id, warnings: merged(job.warnings, made.warnings) });
	}

	async #keepPicture(job: Job, { place, alpha, width, height, file, whole, warnings }: MadePicture): Promise<void> {
		const id = newId();
		await this.#parts.pictures.keep({ id, jobId: job.id, file, whole });
		const picture = { id, place, alpha, seed: seedOf(job), width, height, url: id };
		const pictures = [...job.pictures, picture].sort((a, b) => a.place - b.place);
		this.#change(job, { pictures, warnings: merged(job.warnings, warnings) });
	}

	async #end(job: Job, change: Partial<Job>): Promise<void> {
		this.#open.delete(job.id);
		this.#inputs.delete(job.id);
		const { progress: _, ahead: __, ...rest } = job;
		const ended: Job = { ...rest, ...change, version: job.version + 1, endedAt: new Date().toISOString() };
		if (this.#deleted.delete(job.id)) return this.#parts.pictures.deleteOf(ended);
		await this.#parts.store.put("jobs", ended);
		this.#tell.job(ended);
	}

	#change(job: Job, change: { [Name in keyof Job]?: Job[Name] | undefined }): void {
		Object.assign(job, change, { version: job.version + 1 });
		this.#open.set(job.id, job);
		this.#tell.job({ ...job });
	}
}

function newestFirst(a: Job, b: Job): number {
	return b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
}

/** Of a request that leaves the seed open: drawn once for all of a job's pictures. */
const seeds = new WeakMap<Job, number>();

function seedOf(job: Job): number {
	const asked = job.request.kind === "pictures" ? job.request.seed : undefined;
	const seed = asked ?? seeds.get(job) ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
	seeds.set(job, seed);
	return seed;
}

/** What a job is kept by: of pictures that it begins from only their sizes. */
async function requestOf(order: NewJob): Promise<{ request: JobRequest; inputs: { image?: string; mask?: string } }> {
	if (order.kind === "profile") return { request: order, inputs: {} };
	const { image, mask, alphas = [0, 0.3], ...rest } = order;
	const inputs = { ...(image && { image }), ...(mask && { mask }) };
	const [size, maskSize] = await Promise.all([image, mask].map((file) => file && sizeOf(file)));
	return { request: { ...rest, alphas, ...(size && { image: size }), ...(maskSize && { mask: maskSize }) }, inputs };
}

async function sizeOf(base64: string): Promise<{ width: number; height: number }> {
	const bitmap = await createImageBitmap(await (await fetch(`data:;base64,${base64}`)).blob());
	const { width, height } = bitmap;
	bitmap.close();
	return { width, height };
}

function merged(known: readonly Warning[], found: readonly Warning[]): Warning[] {
	const all = new Map([...known, ...found].map((warning) => [JSON.stringify(warning), warning]));
	return [...all.values()];
}
