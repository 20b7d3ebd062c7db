import { planOf } from "../plan.ts";
import { type MethodResult, methodResults, wholeUsers } from "../results.ts";
import type { KeptPicture, RunStore, Unit } from "../run-store.ts";
import type { RunSettings } from "../settings.ts";

/** One model of a run, over the users of whom every method is measured. */
export interface ModelReport {
	/** As the paper's tables call it here: `Stable Diffusion 1`. */
	readonly name: string;
	/** Its source. */
	readonly source: string;
	readonly users: number;
	/** By the methods' names. */
	readonly methods: Readonly<Record<string, MethodResult>>;
	readonly pictures: readonly KeptPicture[];
}

/** A run, ready to be reported. */
export interface RunReport {
	readonly settings: RunSettings;
	readonly users: Awaited<ReturnType<RunStore["usersInBrief"]>>;
	/** Users of the data who cannot be evaluated. */
	readonly leftOut: Awaited<ReturnType<RunStore["leftOut"]>>;
	/** Those of which a user is whole. */
	readonly models: readonly ModelReport[];
	/** As they were kept, of users that are not whole too. */
	readonly units: readonly Unit[];
	/** How many there are to be. */
	readonly total: number;
}

export async function readRun(store: RunStore, settings: RunSettings): Promise<RunReport> {
	const plan = planOf(settings);
	const [users, leftOut, units, names, pictures] = [
		await store.usersInBrief(),
		await store.leftOut(),
		await store.units(),
		await store.modelNames(),
		await store.pictures(),
	];
	const models = settings.models.flatMap((source, model): ModelReport[] => {
		const own = wholeUsers(
			units.filter((unit) => unit.model === model),
			plan.length,
		);
		if (own.length === 0) return [];
		const kept = pictures.filter((picture) => picture.model === model);
		const count = own.length / plan.length;
		return [{ name: names[model]!, source, users: count, methods: methodResults(own), pictures: kept }];
	});
	return { settings, users, leftOut, models, units, total: users.length * plan.length * settings.models.length };
}
