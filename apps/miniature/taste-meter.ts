import type { MeasurePictures } from "@drum/eval-runs";
import type { TextEncoder } from "@drum/tensor";
import type { User } from "@drum/tiny";
import { TasteCaptions } from "./taste-captions.ts";

/** Tells of a user's pictures, for each taste, the share that shows it, 0 to 1. */
export function tasteMeter(text: TextEncoder, users: readonly User[]): MeasurePictures {
	/** `[targets][tastes]` of a user. */
	const captions = new Map<number, Promise<TasteCaptions[][]>>();
	return async ({ number }, pictures): Promise<number[]> => {
		const user = users[number]!;
		const made = captions.get(number) ?? captionsOf(text, user);
		captions.set(number, made);
		const rows = await made;
		return user.tastes.map((_, taste) => {
			const answers = rows.map((row, target) => row[taste]!.shownBy(pictures)[target]!);
			return answers.filter(Boolean).length / answers.length;
		});
	};
}

async function captionsOf(text: TextEncoder, { targets, tastes }: User): Promise<TasteCaptions[][]> {
	const rows: TasteCaptions[][] = [];
	for (const { told } of targets) {
		const row: TasteCaptions[] = [];
		for (const taste of tastes) row.push(await TasteCaptions.of(text, told, taste));
		rows.push(row);
	}
	return rows;
}
