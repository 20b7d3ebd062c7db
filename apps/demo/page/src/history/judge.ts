import { notices } from "../frame/notices.svelte.ts";
import { histories } from "./histories.svelte.ts";
import { fitsStars, MOST_STARS } from "./stars.ts";

/** Puts a prompt that was drawn into the open history, liked most or disliked most; one that is there already is rated anew. */
export async function judge(prompt: string, liked: boolean): Promise<void> {
	if (!histories.open && !(await histories.create("My history"))) return;
	const { id, entries, name } = histories.open!;
	const most = mostOf(entries.map((entry) => entry.intensity));
	const intensity = liked ? most : -most;
	const known = entries.findLast((entry) => entry.prompt === prompt);
	const before = known?.intensity;
	if (before === intensity) return;
	if (!(await (known ? histories.change(known, { intensity }) : histories.add([{ prompt, intensity }])))) return;
	const text = `“${prompt}” ${known ? "is rated anew in" : "is now in"} “${name}”, ${liked ? "liked" : "disliked"}`;
	const added = known ?? histories.open?.entries.findLast((entry) => entry.prompt === prompt);
	if (!added) return;
	const undo = async () => {
		// Another may have been opened since.
		if (histories.open?.id !== id && !(await histories.choose(id))) return;
		await (before === undefined ? histories.drop(added) : histories.change(added, { intensity: before }));
	};
	notices.show(text, { action: { label: "Undo", run: () => void undo() } });
}

/** The strongest rating of a history: five stars, or its own where it has another scale. */
function mostOf(intensities: readonly number[]): number {
	return intensities.every(fitsStars) ? MOST_STARS : Math.max(...intensities.map(Math.abs));
}
