import type { Cache, CacheMethod, Denoiser } from "@drum/diffusion";
import { ArgumentError, checkNames, shown, type Warning } from "@drum/tensor";
import type { FoundationModel } from "./foundation-model.ts";
import type { CacheOption } from "./options.ts";

/** A call's cache, and the steps that it counts. */
export interface CachePlan {
	readonly cache: Cache;
	/** The step of each call of the denoiser, from 0. Calls with one timestep are one step. */
	readonly steps: readonly number[];
	readonly warnings: readonly Warning[];
}

/** Each method's settings: their defaults, a check, and what messages say is expected. */
const METHODS: Readonly<Record<CacheMethod, Readonly<Record<string, Setting>>>> = {
	deepcache: {
		interval: { default: 3, fits: (value) => Number.isInteger(value) && value >= 1, expected: "an integer from 1" },
		branch: { default: 0, fits: (value) => Number.isInteger(value) && value >= 0, expected: "an integer from 0" },
	},
	"first-block": {
		threshold: {
			default: 0.05,
			fits: (value) => Number.isFinite(value) && value >= 0,
			expected: "a finite number from 0",
		},
	},
};

interface Setting {
	default: number;
	fits(value: number): boolean;
	expected: string;
}

/** With this number of steps or fewer, steps have little in common. */
const FEW = 4;

/**
 * A cache with its defaults filled in.
 * @throws ArgumentError for an unknown method, an unknown setting, or a wrong value
 */
function readCache(given: CacheOption): Cache {
	const { method, ...settings } = typeof given === "object" && given !== null ? given : { method: given };
	const known = METHODS[method];
	if (!Object.hasOwn(METHODS, method) || !known) {
		throw new ArgumentError({ what: "cache", expected: Object.keys(METHODS).join(" or "), found: shown(method) });
	}
	checkNames("cache", settings, Object.keys(known));
	const filled = Object.entries(known).map(([name, setting]) => {
		const value = (settings as Record<string, number | undefined>)[name] ?? setting.default;
		if (typeof value === "number" && setting.fits(value)) return [name, value];
		throw new ArgumentError({ what: `${name} of cache`, expected: setting.expected, found: shown(value) });
	});
	return { method, ...Object.fromEntries(filled) } as Cache;
}

/**
 * The call's cache, checked against the denoiser.
 * @param timesteps the whole schedule
 * @param run the index of the first one that runs, and of the one before which the run ends
 * @throws ArgumentError for a cache that the denoiser does not support
 */
export function planCache(
	given: CacheOption,
	{
		model: { name },
		denoiser,
	}: { model: Pick<FoundationModel, "name">; denoiser: Pick<Denoiser, "caches" | "branches"> },
	timesteps: readonly number[],
	run: readonly [first: number, end: number],
): CachePlan {
	const cache = readCache(given);
	const { caches = [], branches = 0 } = denoiser;
	if (!caches.includes(cache.method)) {
		const next = "DeepCache is for Stable Diffusion 1, 2 and XL, first-block for Stable Diffusion 3 and FLUX";
		const expected = `${caches.join(" or ") || "none"} for ${name}`;
		throw new ArgumentError({ what: "cache", expected, found: cache.method, next });
	}
	if (cache.method === "deepcache" && cache.branch >= branches) {
		const expected = `an integer from 0 to ${branches - 1}, the denoiser's branches`;
		throw new ArgumentError({ what: "branch of cache", expected, found: String(cache.branch) });
	}
	// Equal timesteps have the index of the first, as in DeepCache's own code.
	const own = timesteps.slice(...run);
	const first = timesteps.indexOf(own[0]!);
	const steps = own.map((timestep) => timesteps.indexOf(timestep) - first);
	return { cache, steps, warnings: warningsOf(cache, steps) };
}

function warningsOf(cache: Cache, steps: readonly number[]): Warning[] {
	const calls = steps.length;
	const interval = cache.method === "deepcache" ? cache.interval : undefined;
	const whole = interval === undefined ? 1 : steps.filter((step) => step % interval === 0).length;
	const unused = calls === 1 ? "in a run of one step" : whole === calls && `with an interval of ${interval}`;
	if (unused) return [{ code: "option-unused", what: "cache", message: `cache has no effect ${unused}.` }];
	const few = `${calls} steps have little in common: a cache is for ${FEW} and more`;
	const rare = `With an interval of ${interval} only the first of ${calls} calls of the denoiser is whole: take a smaller one, or an odd one for a sampler with two calls a step`;
	const reason = calls < FEW ? few : interval !== undefined && whole === 1 && rare;
	return reason ? [{ code: "cache-coarse", what: "cache", message: `${reason}. The picture suffers.` }] : [];
}
