import { setImmediate } from "node:timers/promises";
import type { SimilarEntries } from "../api/index.ts";
import { cosine } from "./cosine.ts";
import { featureOf } from "./features.ts";
import type { Store } from "./open-store.ts";

/** Rows that are read and compared between two turns of the event loop. */
const ROWS = 100;

export interface SimilarQuery {
	readonly historyId: string;
	readonly entryId: string;
	readonly model: string;
	/** How many, at most. */
	readonly limit: number;
}

interface Found {
	readonly id: string;
	readonly similarity: number;
}

/**
 * Entries of the same history, nearest first by the cosine of their text features, older ones first where it is the same;
 * `undefined` where there is no such entry, "no features" where the model has not read it.
 */
export async function similarEntries(
	store: Store,
	userId: string,
	query: SimilarQuery,
): Promise<SimilarEntries | undefined | "no features"> {
	const { entryId, historyId, model, limit } = query;
	const target = await store.kysely
		.selectFrom("entries")
		.innerJoin("histories", "histories.id", "entries.history_id")
		.leftJoin("features", (join) => join.onRef("features.entry_id", "=", "entries.id").on("features.model", "=", model))
		.select("features.feature")
		.where("entries.id", "=", entryId)
		.where("entries.history_id", "=", historyId)
		.where("histories.user_id", "=", userId)
		.executeTakeFirst();
	if (!target) return undefined;
	if (target.feature === null) return "no features";
	const feature = featureOf(target.feature);
	const nearest: Found[] = [];
	for await (const rows of readFeatures(store, query)) {
		for (const { id, feature: bytes } of rows) {
			const other = featureOf(bytes);
			// Of another width are those that another checkpoint under the same name has left.
			if (id === entryId || other.length !== feature.length) continue;
			nearest.push({ id, similarity: cosine(feature, other) });
		}
		// A stable sort: those of the same similarity stay in the order of the history.
		nearest.sort((a, b) => b.similarity - a.similarity).splice(limit);
	}
	return await withEntries(store, nearest);
}

/** All of the history by the model, in its order, some at a time. */
async function* readFeatures({ kysely }: Store, { historyId, model }: SimilarQuery) {
	for (let after = "0"; ; ) {
		const rows = await kysely
			.selectFrom("entries")
			.innerJoin("features", "features.entry_id", "entries.id")
			.select(["entries.id", "entries.place", "features.feature"])
			.where("entries.history_id", "=", historyId)
			.where("entries.place", ">", after)
			.where("features.model", "=", model)
			.orderBy("entries.place")
			.limit(ROWS)
			.execute();
		yield rows;
		if (rows.length < ROWS) return;
		after = rows.at(-1)!.place;
		await setImmediate();
	}
}

/** Without those that were deleted meanwhile. */
async function withEntries({ kysely }: Store, nearest: readonly Found[]): Promise<SimilarEntries> {
	if (nearest.length === 0) return [];
	const ids = nearest.map(({ id }) => id);
	const select = kysely.selectFrom("entries").select(["id", "prompt", "intensity"]).where("id", "in", ids);
	const entries = new Map((await select.execute()).map((entry) => [entry.id, entry]));
	return nearest.flatMap(({ id, similarity }) => {
		const entry = entries.get(id);
		return entry ? [{ entry, similarity }] : [];
	});
}
