import type { Kysely } from "kysely";
import type { Store } from "./open-store.ts";
import type { Tables } from "./tables.ts";

/** A picture that a job has drawn. */
export interface DrawnPicture {
	/** Its place among the job's `alphas`. */
	readonly place: number;
	readonly alpha: number;
	readonly seed: number;
	readonly width: number;
	readonly height: number;
	readonly png: Uint8Array;
}

/** Of a job's pictures those that are stored, without their bytes, by place. */
export async function storedPictures(store: Store, jobId: string): Promise<{ place: number; seed: number }[]> {
	const rows = await store.kysely
		.selectFrom("pictures")
		.select(["place", "seed"])
		.where("job_id", "=", jobId)
		.orderBy("place")
		.execute();
	return rows.map(({ place, seed }) => ({ place, seed: Number(seed) }));
}

/** Stores a picture; one that is there already stays. */
export async function storePicture(
	transaction: Kysely<Tables>,
	{ jobId, userId }: { jobId: string; userId: string },
	{ seed, ...picture }: DrawnPicture,
): Promise<void> {
	await transaction
		.insertInto("pictures")
		.values({ ...picture, seed: String(seed), job_id: jobId, user_id: userId })
		.onConflict((conflict) => conflict.columns(["job_id", "place"]).doNothing())
		.execute();
}
