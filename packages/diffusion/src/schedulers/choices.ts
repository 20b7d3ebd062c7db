import { ArgumentError, CheckpointError } from "@drum/tensor";
import { SCHEDULER_CONFIGS, type SchedulerClass } from "./config.ts";

/** Samplers by the name a user chooses: diffusers' class, and the settings that the name stands for. */
const CHOICES = {
	ddim: { className: "DDIMScheduler", settings: {} },
	pndm: { className: "PNDMScheduler", settings: {} },
	euler: { className: "EulerDiscreteScheduler", settings: { use_karras_sigmas: false } },
	"euler-karras": { className: "EulerDiscreteScheduler", settings: { use_karras_sigmas: true } },
	"euler-ancestral": { className: "EulerAncestralDiscreteScheduler", settings: {} },
	"dpm++2m": {
		className: "DPMSolverMultistepScheduler",
		settings: { algorithm_type: "dpmsolver++", solver_order: 2, use_karras_sigmas: false },
	},
	"dpm++2m-karras": {
		className: "DPMSolverMultistepScheduler",
		settings: { algorithm_type: "dpmsolver++", solver_order: 2, use_karras_sigmas: true },
	},
} as const satisfies Record<string, { className: SchedulerClass; settings: Record<string, unknown> }>;

export type SchedulerName = keyof typeof CHOICES;

/** The names that `createScheduler` takes. */
export const SCHEDULER_NAMES = Object.keys(CHOICES) as readonly SchedulerName[];

/** Classes whose files describe the same noise schedule, so that any sampler above can take their place. */
const EXCHANGEABLE: ReadonlySet<unknown> = new Set([
	...Object.keys(SCHEDULER_CONFIGS),
	"DDPMScheduler",
	"LMSDiscreteScheduler",
	"HeunDiscreteScheduler",
	"DPMSolverSinglestepScheduler",
	"KDPM2DiscreteScheduler",
	"KDPM2AncestralDiscreteScheduler",
	"DEISMultistepScheduler",
	"UniPCMultistepScheduler",
	"DPMSolverSDEScheduler",
]);

type Settings = Readonly<Record<string, unknown>>;

/**
 * The class and settings of a run: the file's own, or those that `choice` puts in their place.
 * @throws ArgumentError for a name that is not one of `SCHEDULER_NAMES`.
 * @throws CheckpointError for a class that is not supported, or that none of them can replace.
 */
export function chooseScheduler(
	file: unknown,
	choice: SchedulerName | undefined,
): { className: SchedulerClass; settings: Settings } {
	if (typeof file !== "object" || file === null || Array.isArray(file)) {
		const found = JSON.stringify(file) ?? "nothing";
		throw new CheckpointError({ what: "scheduler_config.json", expected: "an object", found });
	}
	const settings: Settings = { ...file };
	const fileClass = settings._class_name;
	const what = "_class_name in scheduler_config.json";
	const found = JSON.stringify(fileClass) ?? "nothing";
	if (choice === undefined) {
		if (isSupported(fileClass)) return { className: fileClass, settings };
		const expected = `one of ${Object.keys(SCHEDULER_CONFIGS).join(", ")}`;
		const next = EXCHANGEABLE.has(fileClass) ? `Choose a scheduler by name: ${SCHEDULER_NAMES.join(", ")}` : undefined;
		throw new CheckpointError({ what, expected, found, ...(next && { next }) });
	}
	if (!Object.hasOwn(CHOICES, choice)) {
		const expected = `one of ${SCHEDULER_NAMES.join(", ")}`;
		throw new ArgumentError({ what: "scheduler", expected, found: String(choice) });
	}
	if (!EXCHANGEABLE.has(fileClass)) {
		throw new CheckpointError({ what, expected: "a class that another scheduler can replace", found });
	}
	return { className: CHOICES[choice].className, settings: { ...settings, ...CHOICES[choice].settings } };
}

function isSupported(name: unknown): name is SchedulerClass {
	return typeof name === "string" && Object.hasOwn(SCHEDULER_CONFIGS, name);
}
