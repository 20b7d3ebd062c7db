import type { PickReason } from "@drum/coreset";
import type { Profile, Reference } from "@drum/pipeline";
import { table } from "./printable.ts";

/** As `explain` of `@drum/coreset` has it, with null where it has undefined. */
type Reason = Omit<PickReason, "index" | "intensity" | "nearestBefore"> & { readonly nearestBefore: number | null };

/** A row of a history that was chosen. */
export interface Pick {
	/** Its place in the history, from 0. */
	index: number;
	intensity: number;
	/** What the intensity counts now, in a profile with a half-life. */
	counts?: number;
	prompt: string;
	/** Why Algorithm 1 took it. */
	reason?: Reason;
}

/** The chosen rows of a history, in the order chosen. */
export function picksOf(
	history: readonly Reference[],
	chosen: readonly number[],
	reasons?: readonly PickReason[],
): Pick[] {
	return chosen.map((index, rank) => {
		const { intensity, prompt } = history[index]!;
		return { index, intensity, prompt, ...(reasons && { reason: reasonOf(reasons[rank]!) }) };
	});
}

/** The chosen rows of a profile; under a half-life with what each counts now. */
export function picksOfProfile({ history, weights, sampling }: Profile, chosen: readonly number[]): Pick[] {
	const picks = picksOf(history, chosen);
	if (sampling.halfLife === undefined) return picks;
	return picks.map(({ index, intensity, ...rest }) => {
		const counts = intensity < 0 ? -weights[index]! : weights[index]!;
		return { index, intensity, counts, ...rest };
	});
}

function reasonOf({ weight, similarity, score, nearestBefore, standsFor }: PickReason): Reason {
	return { weight, similarity, score, nearestBefore: nearestBefore ?? null, standsFor };
}

/** Chosen rows for the eye; nothing where there are none. */
export function picksTable(picks: readonly Pick[]): string {
	if (picks.length === 0) return "";
	const explained = picks.some(({ reason }) => reason);
	const aged = picks.some(({ counts }) => counts !== undefined);
	const header = [
		...["index", "intensity", ...(aged ? ["counts"] : [])],
		...[...(explained ? ["similarity", "score", "stands for"] : []), "prompt"],
	];
	const rows = picks.map(({ index, intensity, counts, prompt, reason }) => [
		...[String(index), String(intensity), ...(counts === undefined ? [] : [String(Number(counts.toPrecision(3)))])],
		...(reason ? [reason.similarity.toFixed(3), reason.score.toFixed(3), String(reason.standsFor)] : []),
		prompt,
	]);
	return table([header, ...rows]);
}
