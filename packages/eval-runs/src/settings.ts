import { SCHEDULER_NAMES, type SchedulerName } from "@drum/diffusion";
import { ArgumentError, shown } from "@drum/tensor";
import * as z from "zod";

/** What Table 2 compares, by the names of `--methods`. */
export const METHOD_NAMES = ["plain", "drum", "fabric", "viper", "tv", "pmg"] as const;
export const TABLE_NAMES = ["2a", "2b", "3"] as const;
export const FIGURE_NAMES = ["3", "7"] as const;
/** The paper's two data sets: prompts of users, and films with ratings. */
export const PAPER_DATA = ["PIP", "ML"] as const;

export type MethodName = (typeof METHOD_NAMES)[number];
export type PaperData = (typeof PAPER_DATA)[number];

const share = z.number().gt(0).max(1);
const degree = z.number().min(0).max(1);
const count = z.int().min(1);

const SETTINGS = z.strictObject({
	/** What the users are, for the reader. */
	data: z.string(),
	/** The paper's columns that they are compared with; null where they are neither's. */
	paper: z.enum(PAPER_DATA).nullable(),
	/** The first so many of the data; null for all. */
	users: count.nullable(),
	/** Sources of the models, each with the same methods. */
	models: z.array(z.string()).min(1),
	/** Sources of DrUM's adapters and of the CLIP that scores. */
	adapters: z.string(),
	clip: z.string(),
	tables: z.array(z.enum(TABLE_NAMES)),
	figures: z.array(z.enum(FIGURE_NAMES)),
	methods: z.array(z.enum(METHOD_NAMES)),
	/** Of Table 2's DrUM, and of all that is not varied. */
	alpha: degree,
	ratio: share,
	/** Whether the coreset is drawn by intensities too, as Algorithm 1 has it. On MovieLens the paper does without. */
	weighted: z.boolean(),
	/** Figure 3's sampling ratios. */
	ratios: z.array(share).min(1),
	/** Figure 7's degrees of personalization. */
	alphas: z.array(degree).min(1),
	/** Of samples and pictures. */
	seed: z.int().min(0).max(1_000_000_000),
	/** How pictures are drawn; null for the model's own. */
	steps: count.max(1000).nullable(),
	guidanceScale: z.number().min(0).nullable(),
	height: count.nullable(),
	width: count.nullable(),
	scheduler: z.enum(SCHEDULER_NAMES as readonly [SchedulerName, ...SchedulerName[]]).nullable(),
	/** Of so many users the pictures are kept, for contact sheets. */
	sheets: z.int().min(0),
	/** Told of the language model; null where none is asked. */
	chat: z.string().nullable(),
});

/** What decides every number of a run; it is fixed when the run begins. */
export type RunSettings = Readonly<z.infer<typeof SETTINGS>>;

/** Figure 3's ratios and Figure 7's degrees, where nothing else is asked for. */
export const RATIOS = [0.05, 0.1, 0.2, 0.5, 1] as const;
export const ALPHAS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/** @throws ArgumentError naming the setting that is wrong. */
export function checkSettings(settings: unknown): RunSettings {
	const { data, error } = SETTINGS.safeParse(settings);
	if (data) return data;
	const { path, message } = error.issues[0]!;
	const found = `${path.join(".")}: ${message}`.replace(/^: /, "");
	throw new ArgumentError({ what: "settings of a run", expected: "what checkSettings takes", found, cause: error });
}

/**
 * Checks that a run goes on with the settings it began with.
 * @throws ArgumentError naming those that differ.
 */
export function checkSame(settings: RunSettings, there: RunSettings): void {
	const names = Object.keys(SETTINGS.shape) as (keyof RunSettings)[];
	const different = names.filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(there[name]));
	if (different.length === 0) return;
	const text = (of: RunSettings) => different.map((name) => `${name} ${shown(of[name])}`).join(", ");
	throw new ArgumentError({
		what: "settings",
		expected: `those that the run began with: ${text(there)}`,
		found: text(settings),
		next: "Give the same, or another --out for another run",
	});
}
