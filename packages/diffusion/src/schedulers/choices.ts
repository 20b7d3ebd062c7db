import { ArgumentError, CheckpointError, shown } from "@drum/tensor";
import { isSupported, readAs, SCHEDULER_CONFIGS, type SchedulerClass } from "./config.ts";
import { namedSettings, type Settings } from "./named-settings.ts";

const EVEN = { use_karras_sigmas: false, use_exponential_sigmas: false, use_beta_sigmas: false };

/** Samplers by the name a user chooses: diffusers' class, and the settings that the name stands for. */
const CHOICES = {
	ddim: { className: "DDIMScheduler", settings: {} },
	pndm: { className: "PNDMScheduler", settings: {} },
	euler: { className: "EulerDiscreteScheduler", settings: EVEN },
	"euler-karras": { className: "EulerDiscreteScheduler", settings: { ...EVEN, use_karras_sigmas: true } },
	"euler-ancestral": { className: "EulerAncestralDiscreteScheduler", settings: {} },
	"dpm++2m": {
		className: "DPMSolverMultistepScheduler",
		settings: { ...EVEN, algorithm_type: "dpmsolver++", solver_order: 2 },
	},
	"dpm++2m-karras": {
		className: "DPMSolverMultistepScheduler",
		settings: { ...EVEN, algorithm_type: "dpmsolver++", solver_order: 2, use_karras_sigmas: true },
	},
	"flow-match-euler": { className: "FlowMatchEulerDiscreteScheduler", settings: EVEN },
} as const satisfies Record<string, { className: SchedulerClass; settings: Record<string, unknown> }>;

export type SchedulerName = keyof typeof CHOICES;

/** The names that `createScheduler` takes; `schedulerNamesFor` says which of them for a file. */
export const SCHEDULER_NAMES = Object.keys(CHOICES) as readonly SchedulerName[];

/** Classes whose files describe the noise of a diffusion, so that any of its samplers can take another's place. */
const DIFFUSION: ReadonlySet<unknown> = new Set([
	...Object.keys(SCHEDULER_CONFIGS).filter((name) => name !== "FlowMatchEulerDiscreteScheduler"),
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

/** Classes whose files describe a flow from noise to picture: its denoiser gives a velocity along the way, which other samplers misread. */
const FLOW: ReadonlySet<unknown> = new Set([
	"FlowMatchEulerDiscreteScheduler",
	"FlowMatchHeunDiscreteScheduler",
	"FlowMatchLCMScheduler",
]);

const NAMES_BY_KIND = {
	flow: SCHEDULER_NAMES.filter((name) => FLOW.has(CHOICES[name].className)),
	diffusion: SCHEDULER_NAMES.filter((name) => DIFFUSION.has(CHOICES[name].className)),
};

/** Classes with a randomness η of their own. */
export const ETA_CLASSES: ReadonlySet<SchedulerClass> = new Set(["DDIMScheduler"]);

/**
 * The names that can take the place of a `scheduler_config.json`'s own sampler: those of flows where the denoiser was trained
 * on a flow, as Stable Diffusion 3's and FLUX's, the others where not. None for a class that nothing here can replace.
 */
export function schedulerNamesFor(config: unknown): readonly SchedulerName[] {
	const { _class_name } = readSettings(config);
	if (FLOW.has(_class_name)) return NAMES_BY_KIND.flow;
	return DIFFUSION.has(_class_name) ? NAMES_BY_KIND.diffusion : [];
}

/** The class and settings of a run, and the names that can be chosen for its file. */
export interface Choice {
	className: SchedulerClass;
	settings: Settings;
	names: readonly SchedulerName[];
}

/**
 * The file's own class with all its settings; or that of `choice`, with its settings over those that the file names, as diffusers'
 * `from_config` takes them over: what the file leaves to its class's defaults, another class has defaults of its own for.
 * @throws ArgumentError for a name that is not one of `SCHEDULER_NAMES`, or not one for this file.
 * @throws CheckpointError for a class that is not supported, or that none of them can replace.
 */
export function chooseScheduler(file: unknown, choice: SchedulerName | undefined): Choice {
	const settings = readSettings(file);
	const fileClass = settings._class_name;
	const what = "_class_name in scheduler_config.json";
	const found = shown(fileClass);
	const names = schedulerNamesFor(settings);
	if (choice === undefined) {
		if (isSupported(fileClass)) return { className: fileClass, settings, names };
		const expected = `one of ${Object.keys(SCHEDULER_CONFIGS).join(", ")}`;
		const next = names.length > 0 ? `Choose a scheduler by name: ${names.join(", ")}` : undefined;
		throw new CheckpointError({ what, expected, found, ...(next && { next }) });
	}
	if (!SCHEDULER_NAMES.includes(choice)) {
		const expected = `one of ${(names.length > 0 ? names : SCHEDULER_NAMES).join(", ")}`;
		throw new ArgumentError({ what: "scheduler", expected, found: shown(choice) });
	}
	if (names.length === 0) {
		throw new CheckpointError({ what, expected: "a class that another scheduler can replace", found });
	}
	if (!names.includes(choice)) {
		const kind = FLOW.has(fileClass) ? "a flow, whose velocity only" : "noise levels of a diffusion, which only";
		throw new ArgumentError({
			what: "scheduler",
			expected: `one of ${names.join(", ")}: ${found} describes ${kind} they follow`,
			found: shown(choice),
		});
	}
	const named = namedSettings(isSupported(fileClass) ? readAs(fileClass, settings) : settings);
	return { className: CHOICES[choice].className, settings: { ...named, ...CHOICES[choice].settings }, names };
}

/**
 * Whether the sampler of a run has a randomness η: that of the file, or the one that `choice` puts in its place.
 * @throws what `createScheduler` throws for a name or a class.
 */
export function samplerTakesEta(file: unknown, choice?: SchedulerName): boolean {
	return ETA_CLASSES.has(chooseScheduler(file, choice).className);
}

function readSettings(file: unknown): Settings {
	if (typeof file === "object" && file !== null && !Array.isArray(file)) return { ...file };
	throw new CheckpointError({ what: "scheduler_config.json", expected: "an object", found: shown(file) });
}
