import type { Scores } from "@drum/eval";
import type { ABLATIONS } from "./methods.ts";

// What the paper prints for the model kinds next to the miniature's. PIP: prompts of users; ML: films with ratings.

interface Printed extends Scores {
	/** Per cent; undefined for the original model. */
	readonly improvement?: number;
}

export interface PaperRow {
	readonly name: string;
	readonly PIP: Printed;
	readonly ML: Printed;
}

const row = (name: string, pip: readonly number[], ml: readonly number[]): PaperRow => {
	const printed = ([target, history, improvement]: readonly number[]): Printed => ({
		...{ target: target!, history: history! },
		...(improvement !== undefined && { improvement }),
	});
	return { name, PIP: printed(pip), ML: printed(ml) };
};

/** Table 2 (a). */
export const CLIP_SCORES: readonly PaperRow[] = [
	row("Stable Diffusion 1", [20.52, 10.89], [31.27, 12.27]),
	row("Stable Diffusion 1, DrUM", [25.13, 16.03, 34.83], [29.49, 13.07, 0.38]),
	row("Stable Diffusion 2", [21.2, 11.71], [33.32, 11.3]),
	row("Stable Diffusion 2, DrUM", [25.82, 17.27, 34.68], [32.25, 11.96, 1.34]),
];

/** Table 2 (b). */
export const TEXT_ALIGN: readonly PaperRow[] = [
	row("ViT-L", [100, 52.6], [100, 34.16]),
	row("ViT-L, DrUM", [96.42, 61.24, 6.42], [99.48, 36.48, 3.13]),
	row("ViT-H", [100, 42.1], [100, 36.05]),
	row("ViT-H, DrUM", [95.91, 50.81, 8.3], [99.56, 38.21, 2.77]),
];

/** Table 3, CLIP score with Stable Diffusion 1. */
export const ABLATION_SCORES: Readonly<Record<keyof typeof ABLATIONS, PaperRow>> = {
	DrUM: row("DrUM", [25.13, 16.03, 34.83], [29.49, 13.07, 0.38]),
	"w/o S": row("w/o S", [25.49, 15.85, 34.88], [29.56, 13.06, 0.46]),
	"w/o G": row("w/o G", [19.04, 17.46, 26.55], [22.74, 14.49, -4.64]),
	"w/o S & G": row("w/o S & G", [18.13, 18.85, 30.71], [21.23, 15.44, -3.15]),
};
