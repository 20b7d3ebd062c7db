/** A run of calls leaves out the deep part of a UNet in all but every `interval`th step (DeepCache, arXiv 2312.00858). */
export interface DeepCache {
	readonly method: "deepcache";
	/** From 1, where nothing is left out. */
	readonly interval: number;
	/**
	 * The layer of the upward path whose input is kept, from 0, the last layer: block `floor(branch / 3)` and layer `branch % 3`, both counted
	 * from the end. This layer and those after it run in every step.
	 */
	readonly branch: number;
}

/** A run of calls leaves out the blocks after the first while what the first adds changes little (First Block Cache of ParaAttention). */
export interface FirstBlockCache {
	readonly method: "first-block";
	/** The change, as a part of what was added, up to which they are left out. */
	readonly threshold: number;
}

/** Which work of an earlier call of a run is taken in place of doing it again. */
export type Cache = DeepCache | FirstBlockCache;

export type CacheMethod = Cache["method"];
