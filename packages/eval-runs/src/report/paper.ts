import type { Scores } from "@drum/eval";
import type { Ablation } from "../methods.ts";
import type { MethodName, PaperData } from "../settings.ts";

// What the paper prints in Tables 2 and 3.

export interface Printed extends Scores {
	/** Per cent; undefined for the original model. */
	readonly improvement?: number | undefined;
}

/** By data set; undefined for a method that the paper has no numbers of. */
export type PaperRow = Readonly<Partial<Record<PaperData, Printed>>>;

type Numbers = readonly [target: number, history: number, improvement?: number];

const row = (pip?: Numbers, ml?: Numbers): PaperRow => {
	const printed = ([target, history, improvement]: Numbers): Printed => ({ target, history, improvement });
	return { ...(pip && { PIP: printed(pip) }), ...(ml && { ML: printed(ml) }) };
};

type Rows = Readonly<Partial<Record<MethodName, PaperRow>>>;

/** Table 2a, by what the models are called here. */
export const CLIP_SCORES: Readonly<Record<string, Rows>> = {
	"Stable Diffusion 1": {
		plain: row([20.52, 10.89], [31.27, 12.27]),
		fabric: row([24.33, 15.85, 32.04], [30.8, 12.13, -1.35]),
		tv: row([22.62, 14.65, 22.4], [30.02, 11.95, -3.31]),
		pmg: row(undefined, [27.03, 12.21, -7.03]),
		drum: row([25.13, 16.03, 34.83], [29.49, 13.07, 0.38]),
	},
	"Stable Diffusion 2": {
		plain: row([21.2, 11.71], [33.32, 11.3]),
		fabric: row([23.67, 16.33, 25.61], [25.64, 10.27, -16.05]),
		tv: row([23.38, 15.5, 21.34], [31.58, 11.28, -2.68]),
		pmg: row(undefined, [27.81, 11.15, -8.93]),
		drum: row([25.82, 17.27, 34.68], [32.25, 11.96, 1.34]),
	},
	"Stable Diffusion XL": {
		plain: row([23.26, 13.64], [33.89, 8.92]),
		tv: row([25.44, 17.19, 17.71], [32.04, 8.69, -3.97]),
		pmg: row(undefined, [28.63, 9.24, -5.95]),
		drum: row([26.77, 18.16, 24.13], [29.12, 10.93, 4.26]),
	},
	"Stable Diffusion 3": {
		plain: row([22.6, 12.75], [37.69, 9.76]),
		tv: row([23.85, 15.42, 13.24], [35.83, 9.37, -4.47]),
		pmg: row(undefined, [32.48, 9.67, -7.39]),
		drum: row([25.14, 15.87, 17.86], [30.17, 10.61, -5.6]),
	},
};

/** Table 2b, by the encoders' names. */
export const TEXT_ALIGN: Readonly<Record<string, Rows>> = {
	L: {
		plain: row([100, 52.6], [100, 34.16]),
		tv: row([68.5, 44.65, -23.32], [86.14, 30.41, -12.42]),
		pmg: row(undefined, [67.75, 29, -23.67]),
		drum: row([96.42, 61.24, 6.42], [99.48, 36.48, 3.13]),
	},
	H: {
		plain: row([100, 42.1], [100, 36.05]),
		tv: row([64.79, 37.86, -22.63], [85.88, 33.93, -10.01]),
		pmg: row(undefined, [64.72, 29.94, -26.12]),
		drum: row([95.91, 50.81, 8.3], [99.56, 38.21, 2.77]),
	},
	bigG: {
		plain: row([100, 47.56], [100, 32.9]),
		tv: row([68.03, 41.69, -22.15], [86.82, 30.21, -10.68]),
		pmg: row(undefined, [69.66, 29.07, -21]),
		drum: row([96.41, 55.85, 6.92], [99.58, 34.91, 2.84]),
	},
};

/** Table 3, CLIP score with Stable Diffusion 1. */
export const ABLATION_SCORES: Readonly<Record<Ablation, PaperRow>> = {
	DrUM: CLIP_SCORES["Stable Diffusion 1"]!.drum!,
	"w/o S": row([25.49, 15.85, 34.88], [29.56, 13.06, 0.46]),
	"w/o G": row([19.04, 17.46, 26.55], [22.74, 14.49, -4.64]),
	"w/o S & G": row([18.13, 18.85, 30.71], [21.23, 15.44, -3.15]),
};
