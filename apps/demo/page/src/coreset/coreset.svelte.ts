import type { Job, ProfileView, SimilarEntries } from "../../../api/index.ts";
import { draft } from "../draw/draft.svelte.ts";
import { histories } from "../history/histories.svelte.ts";
import { hasEnded, jobs } from "../pictures/jobs.svelte.ts";
import { asFailure, type Failure, failureOfProblem } from "../service/failure.ts";
import { service } from "../service/service.ts";
import { keptOf } from "./kept.ts";

const GONE = 404;

/** What the open history was reduced to for the model that is chosen. */
class Coreset {
	view = $state.raw<ProfileView>();
	loading = $state(false);
	failure = $state<Failure>();
	/** Of the prompt that is looked at. */
	activeId = $state<string>();
	#revision = $state(0);
	#jobId = $state<string>();
	#similar = new Map<string, SimilarEntries>();

	/** The job that makes the profile, while it runs. */
	job = $derived.by(() => {
		const job = this.#jobId === undefined ? undefined : jobs.all.get(this.#jobId);
		return job && !hasEnded(job) ? job : undefined;
	});
	/** The profile of the history and the model that are chosen; none where it is another's, or tells of a prompt that is gone. */
	shown = $derived.by(() => {
		const { view } = this;
		const { open } = histories;
		if (!view || view.historyId !== open?.id || view.model !== draft.modelId) return undefined;
		const prompts = new Map(open.entries.map(({ id, prompt }) => [id, prompt]));
		return view.map.every(({ entryId, prompt }) => prompts.get(entryId) === prompt) ? view : undefined;
	});
	/** Whether the history or how much of it is kept have changed since. */
	stale = $derived.by(() => {
		const { view } = this;
		if (!view) return false;
		const asked = keptOf(view.map, draft.sampling);
		return !view.current || this.#revision !== histories.revision || view.picks.length !== asked;
	});

	/** The newest job that has a profile of the history and the model that are chosen. */
	#newest = $derived.by(() => {
		const made = [...jobs.all.values()].filter(
			({ profileId, request }) =>
				profileId !== undefined && request.historyId === histories.open?.id && request.model === draft.modelId,
		);
		return made.reduce<Job | undefined>(
			(best, job) => (best && best.createdAt > job.createdAt ? best : job),
			undefined,
		);
	});

	/** Follows the jobs: call it from a component, whose life it shares. */
	follow(): void {
		let loaded = "";
		$effect(() => {
			const id = this.#newest?.profileId;
			// A history that is opened again may have changed elsewhere.
			const wanted = `${histories.open?.id}/${id}`;
			if (id === undefined || wanted === loaded) return;
			loaded = wanted;
			void this.#load(id);
		});
		$effect(() => {
			const problem = this.#jobId === undefined ? undefined : jobs.all.get(this.#jobId)?.problem;
			if (problem) this.failure = failureOfProblem(problem);
		});
	}

	async choose(): Promise<void> {
		const { open } = histories;
		if (!open) return;
		this.failure = undefined;
		this.loading = true;
		try {
			const { modelId: model, sampling } = draft;
			const job = await jobs.submit({ kind: "profile", model, historyId: open.id, ...sampling });
			this.#jobId = job.id;
		} catch (error) {
			this.failure = asFailure(error);
		} finally {
			this.loading = false;
		}
	}

	async similarTo(entryId: string, signal: AbortSignal): Promise<SimilarEntries> {
		const { historyId, model } = this.view!;
		const key = `${this.view!.id}/${entryId}`;
		const known = this.#similar.get(key);
		if (known) return known;
		const found = await service.similar(historyId, entryId, model, signal);
		this.#similar.set(key, found);
		return found;
	}

	async #load(id: string): Promise<void> {
		const { revision } = histories;
		this.loading = true;
		try {
			this.view = await service.profile(id);
			this.#revision = revision;
			this.failure = undefined;
			this.activeId = this.view.picks[0]?.entryId;
		} catch (error) {
			const failure = asFailure(error);
			// With a prompt that was deleted or reworded its profiles went: one is made anew.
			if (failure.status === GONE) this.view = undefined;
			else this.failure = failure;
		} finally {
			this.loading = false;
		}
	}
}

export const coreset = new Coreset();
