import { Worker } from "node:worker_threads";
import type { Profile } from "@drum/pipeline";
import type { Entry, MapPoint, Pick, ProfileView } from "../api/index.ts";
import type { Anatomy, Asked } from "./view-thread.ts";

const SCRIPT = new URL(import.meta.url.endsWith(".ts") ? "./view-thread.ts" : "./view-thread.js", import.meta.url);

/** What is shown of a profile: its picks with their reasons, and the map of its history, whose entries are given in its order. */
export async function viewOf(
	profile: Profile,
	entries: readonly Entry[],
	signal: AbortSignal,
): Promise<{ picks: Pick[]; map: MapPoint[]; variance: [number, number] }> {
	const { picks: reasons, nearest, points, variance } = await anatomy(profile, signal);
	const idOf = (row: number) => entries[row]!.id;
	const picks = reasons.map(({ index, weight, score, nearestBefore, standsFor }, rank): Pick => {
		const { id, prompt, intensity } = entries[index]!;
		return {
			...{ entryId: id, prompt, intensity, rank, weight, score, standsFor },
			...(nearestBefore !== undefined && { nearestBefore: idOf(nearestBefore) }),
		};
	});
	const map = entries.map(({ id, prompt, intensity }, row): MapPoint => {
		const [x, y] = [points[2 * row]!, points[2 * row + 1]!];
		return { entryId: id, prompt, intensity, x, y, pick: idOf(profile.coreset[nearest[row]!]!) };
	});
	return { picks, map, variance } satisfies Partial<ProfileView>;
}

/** In a thread of its own: of 10,000 prompts it takes seconds. */
async function anatomy({ history, features, coreset, sampling }: Profile, signal: AbortSignal): Promise<Anatomy> {
	const asked: Asked = {
		features: features.data,
		intensities: history.map(({ intensity }) => intensity),
		coreset,
		seed: sampling.seed,
	};
	const worker = new Worker(SCRIPT, { workerData: asked, name: "view" });
	const answer = new Promise<Anatomy>((resolve, reject) => {
		worker.once("message", resolve);
		worker.once("error", reject);
		worker.once("exit", () => reject(new Error("the thread that works out a profile's view ended")));
		const stop = () => reject(signal.reason);
		signal.addEventListener("abort", stop, { once: true });
		if (signal.aborted) stop();
	});
	try {
		return await answer;
	} finally {
		await worker.terminate();
	}
}
