import type { CutSessions } from "@drum/graph";
import { ArgumentError } from "@drum/tensor";
import type { DenoiserFeeds } from "../denoiser-feeds.ts";
import type { OpenedTransformer } from "../transformer/transformer-session.ts";
import type { Cache } from "./cache.ts";
import { CachedCalls, type CutDenoiser } from "./cached-calls.ts";

/** A transformer whose calls can leave out the blocks after the first. */
export interface FirstBlockDenoiser extends Required<Omit<CutDenoiser, "use">> {
	/** Called before the network is used; gives what is equal for feeds that it is built the same for. */
	ready?(feeds: DenoiserFeeds): Promise<string>;
}

/** @throws ArgumentError for another cache. */
export function firstBlockCalls(
	{ session, cut, cutBuild }: OpenedTransformer,
	denoiser: FirstBlockDenoiser,
	cache: Cache,
	steps: readonly number[],
	signal: AbortSignal | undefined,
): CachedCalls {
	if (cache.method !== "first-block") {
		throw new ArgumentError({ what: "cache", expected: "first-block for a transformer", found: cache.method });
	}
	const { conditions, residualDims, join, ready } = denoiser;
	const use = async <T>(feeds: DenoiserFeeds, task: (sessions: CutSessions) => Promise<T>) => {
		const key = (await ready?.(feeds)) ?? "";
		// The weights are in memory once.
		await session.release();
		return cut.use(key, cutBuild, task, { signal, loras: feeds.loras });
	};
	return new CachedCalls({ conditions, residualDims, join, use }, cache, steps, signal);
}
