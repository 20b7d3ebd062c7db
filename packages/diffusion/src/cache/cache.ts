/** A run of calls leaves out the deep part of a UNet in all but every `interval`th step (DeepCache, arXiv 2312.00858). */
export interface DeepCache {
	readonly method: "deepcache";
	/** From 1, where nothing is left out. */
	readonly interval: number;
	/** How deep the part begins that is always run, from 0, the last layer: three for each block. */
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
