import { ArgumentError, CheckpointError, shown } from "@drum/tensor";
import { SCHEDULER_CONFIGS, type SchedulerClass } from "./config.ts";
import { namedSettings } from "./named-settings.ts";
import { isSupported, readAs, type Settings } from "./read-settings.ts";

const EVEN = { use_karras_sigmas: false, use_exponential_sigmas: false, use_beta_sigmas: false };
const KARRAS = { ...EVEN, use_karras_sigmas: true };
const DPM_3 = { algorithm_type: "dpmsolver++", solver_order: 3 };
const SDE_3 = { algorithm_type: "sde-dpmsolver++", solver_order: 3 };
const DPM_2 = { algorithm_type: "dpmsolver++", solver_order: 2 };
const SDE_2 = { algorithm_type: "sde-dpmsolver++", solver_order: 2 };

/** Samplers by the name a user chooses: diffusers' class, and the settings that the name stands for. */
const CHOICES = {
	ddim: { className: "DDIMScheduler", settings: {} },
	ddpm: { className: "DDPMScheduler", settings: {} },
	pndm: { className: "PNDMScheduler", settings: {} },
	lms: { className: "LMSDiscreteScheduler", settings: EVEN },
	"lms-karras": { className: "LMSDiscreteScheduler", settings: KARRAS },
	euler: { className: "EulerDiscreteScheduler", settings: EVEN },
	"euler-karras": { className: "EulerDiscreteScheduler", settings: KARRAS },
	"euler-ancestral": { className: "EulerAncestralDiscreteScheduler", settings: {} },
	heun: { className: "HeunDiscreteScheduler", settings: EVEN },
	"heun-karras": { className: "HeunDiscreteScheduler", settings: KARRAS },
	dpm2: { className: "KDPM2DiscreteScheduler", settings: EVEN },
	"dpm2-karras": { className: "KDPM2DiscreteScheduler", settings: KARRAS },
	"dpm2-ancestral": { className: "KDPM2AncestralDiscreteScheduler", settings: EVEN },
	"dpm2-ancestral-karras": { className: "KDPM2AncestralDiscreteScheduler", settings: KARRAS },
	"dpm++sde": { className: "DPMSolverSDEScheduler", settings: EVEN },
	"dpm++sde-karras": { className: "DPMSolverSDEScheduler", settings: KARRAS },
	"dpm++2s": { className: "DPMSolverSinglestepScheduler", settings: { ...EVEN, ...DPM_2 } },
	"dpm++2s-karras": { className: "DPMSolverSinglestepScheduler", settings: { ...KARRAS, ...DPM_2 } },
	"dpm++2m": { className: "DPMSolverMultistepScheduler", settings: { ...EVEN, ...DPM_2 } },
	"dpm++2m-karras": { className: "DPMSolverMultistepScheduler", settings: { ...KARRAS, ...DPM_2 } },
	"dpm++2m-sde": { className: "DPMSolverMultistepScheduler", settings: { ...EVEN, ...SDE_2 } },
	"dpm++2m-sde-karras": { className: "DPMSolverMultistepScheduler", settings: { ...KARRAS, ...SDE_2 } },
	"dpm++3m": { className: "DPMSolverMultistepScheduler", settings: { ...EVEN, ...DPM_3 } },
	"dpm++3m-karras": { className: "DPMSolverMultistepScheduler", settings: { ...KARRAS, ...DPM_3 } },
	"dpm++3m-sde": { className: "DPMSolverMultistepScheduler", settings: { ...EVEN, ...SDE_3 } },
	"dpm++3m-sde-karras": { className: "DPMSolverMultistepScheduler", settings: { ...KARRAS, ...SDE_3 } },
	deis: { className: "DEISMultistepScheduler", settings: EVEN },
	"deis-karras": { className: "DEISMultistepScheduler", settings: KARRAS },
	unipc: { className: "UniPCMultistepScheduler", settings: EVEN },
	"unipc-karras": { className: "UniPCMultistepScheduler", settings: KARRAS },
	sa: { className: "SASolverScheduler", settings: { ...EVEN, algorithm_type: "data_prediction" } },
	"sa-karras": { className: "SASolverScheduler", settings: { ...KARRAS, algorithm_type: "data_prediction" } },
	lcm: { className: "LCMScheduler", settings: {} },
	tcd: { className: "TCDScheduler", settings: {} },
	"edm-euler": { className: "EDMEulerScheduler", settings: {} },
	"edm-dpm++2m": { className: "EDMDPMSolverMultistepScheduler", settings: DPM_2 },
	"flow-match-euler": { className: "FlowMatchEulerDiscreteScheduler", settings: EVEN },
	"flow-match-heun": { className: "FlowMatchHeunDiscreteScheduler", settings: {} },
	"flow-match-lcm": { className: "FlowMatchLCMScheduler", settings: EVEN },
} as const satisfies Record<string, { className: SchedulerClass; settings: Record<string, unknown> }>;

export type SchedulerName = keyof typeof CHOICES;

/** The names that `createScheduler` takes; `schedulerNamesFor` says which of them for a file. */
export const SCHEDULER_NAMES = Object.keys(CHOICES) as readonly SchedulerName[];

/** Classes with a randomness η of their own. */
export const ETA_CLASSES: ReadonlySet<SchedulerClass> = new Set(["DDIMScheduler", "TCDScheduler"]);

const named = (fits: (className: string) => boolean) => SCHEDULER_NAMES.filter((name) => fits(CHOICES[name].className));
const flowOnly = named((className) => className.startsWith("FlowMatch"));

/** What a file describes, so that samplers of one kind can take each other's place. */
const KINDS = {
	/** A flow from noise to picture, whose denoiser gives a velocity along the way. */
	flow: { names: flowOnly, is: "a flow, whose velocity only they follow" },
	/** A flow for solvers that have its levels as a setting. */
	"solved flow": {
		names: [...flowOnly, "dpm++2s", "dpm++2m", "dpm++2m-sde", "dpm++3m", "dpm++3m-sde", "deis", "unipc", "sa"],
		is: "a flow, whose velocity only they follow",
	},
	/** Levels from σ_min to σ_max, whose denoiser is scaled by σ_data. */
	edm: { names: named((className) => className.startsWith("EDM")), is: "a denoiser of EDM's, which only they scale" },
	/** Samplers that nothing else stands in for. */
	alone: { names: [], is: "a sampler that no other can replace" },
	diffusion: {
		names: named((className) => !/^(FlowMatch|EDM)/.test(className)),
		is: "noise levels of a diffusion, which only they follow",
	},
} as const satisfies Record<string, { names: readonly SchedulerName[]; is: string }>;

function kindOf(settings: Settings): (typeof KINDS)[keyof typeof KINDS] {
	const { _class_name: name, use_flow_sigmas, shift } = settings;
	if (use_flow_sigmas === true) return KINDS["solved flow"];
	if (typeof name !== "string") return KINDS.diffusion;
	if (name.startsWith("FlowMatch") || (!isSupported(name) && shift !== undefined)) return KINDS.flow;
	if (name.startsWith("EDM") || name === "CosineDPMSolverMultistepScheduler") return KINDS.edm;
	return name === "IPNDMScheduler" || name.startsWith("CM") ? KINDS.alone : KINDS.diffusion;
}

/**
 * The names that can take the place of a `scheduler_config.json`'s own sampler: those of flows where the denoiser was trained
 * on a flow, as Stable Diffusion 3's and FLUX's, those of EDM for its denoisers, the others else. None where nothing here can.
 */
export function schedulerNamesFor(config: unknown): readonly SchedulerName[] {
	return kindOf(readSettings(config)).names;
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
		throw new ArgumentError({
			what: "scheduler",
			expected: `one of ${names.join(", ")}: ${found} describes ${kindOf(settings).is}`,
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
