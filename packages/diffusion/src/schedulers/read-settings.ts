import { CheckpointError, shown } from "@drum/tensor";
import { safeParse } from "@drum/tokens";
import { type ConfigOf, SCHEDULER_CONFIGS, type SchedulerClass } from "./config.ts";

export type Settings = Readonly<Record<string, unknown>>;

const OF_DPM = {
	solver_type: { logrho: "midpoint", bh1: "midpoint", bh2: "midpoint" },
	algorithm_type: { deis: "dpmsolver++" },
};

/** Values that a file of another class may have, and what diffusers takes them for. */
const READ_AS: { readonly [C in SchedulerClass]?: Readonly<Record<string, Readonly<Record<string, string>>>> } = {
	DPMSolverMultistepScheduler: OF_DPM,
	DPMSolverSinglestepScheduler: OF_DPM,
	EDMDPMSolverMultistepScheduler: OF_DPM,
	DEISMultistepScheduler: {
		solver_type: { midpoint: "logrho", heun: "logrho", bh1: "logrho", bh2: "logrho" },
		algorithm_type: { dpmsolver: "deis", "dpmsolver++": "deis" },
	},
	UniPCMultistepScheduler: { solver_type: { midpoint: "bh2", heun: "bh2", logrho: "bh2" } },
};

/** The settings with those values that the class takes for others in their place. */
export function readAs(name: SchedulerClass, settings: Settings): Settings {
	const read = Object.entries(READ_AS[name] ?? {}).flatMap(([field, values]) => {
		const value = settings[field];
		return typeof value === "string" && Object.hasOwn(values, value) ? [[field, values[value]]] : [];
	});
	return { ...settings, ...Object.fromEntries(read) };
}

export function isSupported(name: unknown): name is SchedulerClass {
	return typeof name === "string" && Object.hasOwn(SCHEDULER_CONFIGS, name);
}

/** The value that a class has for a setting which its file does not name; undefined where it has no such setting. */
export function defaultOf(name: SchedulerClass, setting: string): unknown {
	return (SCHEDULER_CONFIGS[name].parse({}) as Settings)[setting];
}

/** @throws CheckpointError that names the first setting which this class does not take, and `names` to choose another sampler from. */
export function parseSchedulerConfig<C extends SchedulerClass>(
	name: C,
	settings: Settings,
	names: readonly string[],
): ConfigOf<C> {
	const result = safeParse<unknown>(SCHEDULER_CONFIGS[name], readAs(name, settings));
	if (result.success) return result.data as ConfigOf<C>;
	const issue = result.error.issues[0]!;
	const field = String(issue.path[0]);
	throw new CheckpointError({
		what: `${field} in scheduler_config.json`,
		expected: `what ${name} supports here (${issue.message})`,
		found: shown(settings[field]),
		...(names.length > 0 && { next: `Choose another scheduler by name: ${names.join(", ")}` }),
		cause: result.error,
	});
}
