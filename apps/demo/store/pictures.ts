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
	/** Its file, or else the object that is its file: as `keepPicture` gives them. */
	readonly png?: Uint8Array | undefined;
	readonly object?: string | undefined;
	/** Of an object. */
	readonly bytes?: number | undefined;
}

/** Brings a picture's file to where files are, for `storePicture`; while that is away, it is tried again until the signal aborts. */
export async function keepPicture(
	{ objects }: Store,
	png: Uint8Array,
	signal: AbortSignal,
): Promise<Pick<DrawnPicture, "png" | "object" | "bytes">> {
	return objects ? { object: await objects.write("pictures", png, signal), bytes: png.byteLength } : { png };
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
	{ objects }: Store,
	transaction: Kysely<Tables>,
	{ jobId, userId }: { jobId: string; userId: string },
	{ seed, bytes, ...picture }: DrawnPicture,
): Promise<void> {
	const { numInsertedOrUpdatedRows: inserted } = await transaction
		.insertInto("pictures")
		.values({
			...picture,
			seed: String(seed),
			bytes: String(bytes ?? picture.png?.byteLength ?? 0),
			job_id: jobId,
			user_id: userId,
		})
		.onConflict((conflict) => conflict.columns(["job_id", "place"]).doNothing())
		.executeTakeFirst();
	if (picture.object !== undefined && inserted === 1n) await objects?.claim(transaction, picture.object);
}
