import type { CutSessions, KeptTensor, Session } from "@drum/graph";
import { float32, sizeOf, type Tensor } from "@drum/tensor";
import type { DenoiserFeeds } from "../denoiser-feeds.ts";
import type { Cache } from "./cache.ts";
import { CHANGE, changeOf, PREVIOUS, RESIDUAL } from "./first-block.ts";

type Feeds = Readonly<Record<string, Tensor>>;

/** What the calls need of a denoiser that is cut in three. */
export interface CutDenoiser {
	/** What the network is fed in each of its runs, by condition. */
	conditions(feeds: DenoiserFeeds): readonly (readonly Feeds[])[];
	/** Runs `task` with the network loaded. */
	use<T>(feeds: DenoiserFeeds, task: (sessions: CutSessions) => Promise<T>): Promise<T>;
	/** The shape of what its first block adds to a picture; needed for a first-block cache. */
	residualDims?(feeds: DenoiserFeeds): readonly number[];
	/** The prediction, of the outputs of all runs in their order. */
	join(predicted: readonly Tensor<"float32">[], feeds: DenoiserFeeds): Promise<Tensor<"float32">>;
}

/** What is kept of the runs of one condition. */
interface State {
	readonly of: DenoiserFeeds;
	readonly condition: number;
	/** The last call that used it. */
	call: number;
	kept: readonly KeptTensor[];
	residuals: readonly KeptTensor[];
}

interface Begun {
	readonly feeds: Feeds;
	readonly crossing: Readonly<Record<string, KeptTensor>>;
	readonly residual: KeptTensor | undefined;
	readonly change: Tensor<"float32"> | undefined;
}

/** The denoiser's calls in one run. What they keep for each other ends with `release`. */
export class CachedCalls implements AsyncDisposable {
	readonly #denoiser: CutDenoiser;
	readonly #cache: Cache;
	readonly #steps: readonly number[];
	readonly #signal: AbortSignal | undefined;
	readonly #held = new Set<KeptTensor>();
	#states: State[] = [];
	/** By call, whether each of its predictions left the middle out. */
	readonly #reused = new Map<number, boolean>();

	/** @param steps the step of each call, from 0, as DeepCache counts them */
	constructor(denoiser: CutDenoiser, cache: Cache, steps: readonly number[], signal: AbortSignal | undefined) {
		this.#denoiser = denoiser;
		this.#cache = cache;
		this.#steps = steps;
		this.#signal = signal;
	}

	/** Calls so far of which each prediction left the middle out. */
	get reused(): number {
		return [...this.#reused.values()].filter(Boolean).length;
	}

	/** As the denoiser's `predict`, in call `i` of the run, from 0. */
	async predict(feeds: DenoiserFeeds, i: number): Promise<Tensor<"float32">> {
		this.#signal?.throwIfAborted();
		await this.#forget((state) => state.call < i - 1 || state.kept.some(({ lost }) => lost));
		const conditions = this.#denoiser.conditions(feeds);
		const predicted = await this.#denoiser.use(feeds, async (sessions) => {
			const results: Tensor<"float32">[] = [];
			for (const [at, runs] of conditions.entries())
				results.push(...(await this.#run(sessions, runs, { feeds, at, i })));
			return results;
		});
		return this.#denoiser.join(predicted, feeds);
	}

	async #run(
		sessions: CutSessions,
		runs: readonly Feeds[],
		{ feeds, at, i }: { feeds: DenoiserFeeds; at: number; i: number },
	): Promise<Tensor<"float32">[]> {
		const before = this.#states.find((state) => state.condition === at && isSame(state.of, feeds));
		const begun: Begun[] = [];
		for (const [row, own] of runs.entries())
			begun.push(await this.#begin(sessions, own, feeds, before?.residuals[row]));
		const isDue = !before || this.#isDue(begun, i);
		this.#reused.set(i, !isDue && (this.#reused.get(i) ?? true));
		const state: State = before ?? { of: feeds, condition: at, call: i, kept: [], residuals: [] };
		if (isDue) {
			await this.#drop([...state.kept, ...state.residuals]);
			this.#states = this.#states.filter((each) => each !== state);
			const kept: KeptTensor[] = [];
			for (const each of begun) {
				const { middle } = sessions;
				const result = await this.#keeping(middle, { ...each.feeds, ...each.crossing }, ["kept"]);
				kept.push(result.kept.kept!);
			}
			state.kept = kept;
			state.residuals = begun.flatMap(({ residual }) => residual ?? []);
			this.#states.push(state);
		}
		state.call = i;
		const predicted: Tensor<"float32">[] = [];
		for (const [row, each] of begun.entries()) {
			const { end } = sessions;
			const all = { ...each.feeds, ...each.crossing, kept: state.kept[row]! };
			predicted.push((await end.run(taken(end, all), { signal: this.#signal })).predicted!);
			const own = isDue || !each.residual ? [] : [each.residual];
			await this.#drop([...Object.values(each.crossing), ...own]);
		}
		return predicted;
	}

	async #begin(
		{ beginning, crossing: names }: CutSessions,
		run: Feeds,
		feeds: DenoiserFeeds,
		previous: KeptTensor | undefined,
	): Promise<Begun> {
		const keeps = beginning.takes(PREVIOUS);
		const all = keeps ? { ...run, [PREVIOUS]: previous ?? zeros(this.#denoiser.residualDims!(feeds)) } : run;
		const { kept, outputs } = await this.#keeping(beginning, all, keeps ? [...names, RESIDUAL] : names);
		const { [RESIDUAL]: residual, ...crossing } = kept;
		return { feeds: run, crossing, residual, change: outputs[CHANGE] };
	}

	#isDue(begun: readonly Begun[], i: number): boolean {
		const cache = this.#cache;
		if (cache.method === "deepcache") return this.#steps[i]! % cache.interval === 0;
		// What is no number is no small change.
		return !(changeOf(begun.map(({ change }) => change!)) <= cache.threshold);
	}

	async #keeping(session: Session, feeds: Readonly<Record<string, Tensor | KeptTensor>>, names: readonly string[]) {
		const result = await session.runKeeping(taken(session, feeds), names, { signal: this.#signal });
		for (const tensor of Object.values(result.kept)) this.#held.add(tensor);
		return result;
	}

	/** What the call before did not use is too old. */
	async #forget(isOld: (state: State) => boolean): Promise<void> {
		const old = this.#states.filter(isOld);
		this.#states = this.#states.filter((state) => !old.includes(state));
		await this.#drop(old.flatMap(({ kept, residuals }) => [...kept, ...residuals]));
	}

	async #drop(tensors: readonly KeptTensor[]): Promise<void> {
		for (const tensor of tensors) this.#held.delete(tensor);
		await Promise.all(tensors.map((tensor) => tensor.release()));
	}

	/** Frees what the calls kept. */
	async release(): Promise<void> {
		this.#states = [];
		await this.#drop([...this.#held]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}

function zeros(dims: readonly number[]): Tensor<"float32"> {
	return float32(new Float32Array(sizeOf(dims)), dims);
}

/** Whether feeds of two calls are of the same prediction: a run makes its conditions once. */
function isSame(a: DenoiserFeeds, b: DenoiserFeeds): boolean {
	return (
		a.encoderHiddenStates === b.encoderHiddenStates &&
		a.layerSkip?.skip === b.layerSkip?.skip &&
		a.sample.dims.join() === b.sample.dims.join()
	);
}

/** Those that the session's graph has inputs for. */
function taken<T>(session: Session, feeds: Readonly<Record<string, T>>): Record<string, T> {
	return Object.fromEntries(Object.entries(feeds).filter(([name]) => session.takes(name)));
}
