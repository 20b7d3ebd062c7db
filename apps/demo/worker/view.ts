import { Worker } from "node:worker_threads";
import type { Profile } from "@drum/pipeline";
import type { Entry, MapPoint, Pick as Picked, ProfileView } from "../api/index.ts";
import type { Anatomy, Asked } from "./view-thread.ts";

const SCRIPT = new URL(import.meta.url.endsWith(".ts") ? "./view-thread.ts" : "./view-thread.js", import.meta.url);

/** What a view needs of a profile. */
type Viewed = Pick<Profile, "history" | "features" | "coreset" | "sampling">;

/** What is shown of a profile: its picks with their reasons, and the map of its history, whose entries are given in its order. */
export async function viewOf(
	profile: Viewed,
	entries: readonly Entry[],
	signal: AbortSignal,
): Promise<{ picks: Picked[]; map: MapPoint[]; variance: [number, number] }> {
	const { picks: reasons, nearest, points, variance } = await anatomy(profile, signal);
	const idOf = (row: number) => entries[row]!.id;
	const picks = reasons.map(({ index, weight, score, nearestBefore, standsFor }, rank): Picked => {
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

/** A thread that has no work: to start one takes longer than most views do. */
let idle: Worker | undefined;

/** In a thread of its own: of 10,000 prompts it takes seconds. */
async function anatomy({ history, features, coreset, sampling }: Viewed, signal: AbortSignal): Promise<Anatomy> {
	const asked: Asked = {
		features: features.data,
		intensities: history.map(({ intensity }) => intensity),
		coreset,
		seed: sampling.seed,
	};
	signal.throwIfAborted();
	const worker = idle ?? new Worker(SCRIPT, { name: "view" });
	idle = undefined;
	worker.ref();
	const { promise, resolve, reject } = Promise.withResolvers<Anatomy>();
	const stop = () => reject(signal.reason);
	const exit = () => reject(new Error("the thread that works out a profile's view ended"));
	signal.addEventListener("abort", stop);
	worker.on("message", resolve).on("error", reject).on("exit", exit);
	worker.postMessage(asked);
	try {
		const answer = await promise;
		if (!idle) {
			idle = worker;
			worker.unref();
		}
		return answer;
	} finally {
		signal.removeEventListener("abort", stop);
		worker.off("message", resolve).off("error", reject).off("exit", exit);
		if (worker !== idle) await worker.terminate();
	}
}
