import { setImmediate } from "node:timers/promises";
import { sql } from "kysely";
import type { Entry } from "../api/index.ts";
import type { Store } from "./open-store.ts";

/** Numbers that are written as text between two turns of the event loop. */
const SLICE = 4096;

/** Keeps the entries' text features `[entries, width]`. Of entries that have changed or are gone since, nothing is kept. */
export async function storeFeatures(
	store: Store,
	model: string,
	entries: readonly Entry[],
	features: Float32Array,
	signal: AbortSignal,
): Promise<void> {
	const width = features.length / entries.length;
	const rows = Math.max(1, Math.floor(SLICE / width));
	for (let from = 0; from < entries.length; from += rows) {
		signal.throwIfAborted();
		const part = entries.slice(from, from + rows).map(({ id, prompt }, i) => {
			const at = (from + i) * width;
			return { id, prompt, feature: `[${features.subarray(at, at + width).join()}]` };
		});
		await sql`
			insert into embeddings (entry_id, model, feature)
			select entries.id, ${model}, made.feature::vector
			from jsonb_to_recordset(${JSON.stringify(part)}::text::jsonb) as made (id uuid, prompt text, feature text)
			join entries on entries.id = made.id and entries.prompt = made.prompt
			for key share of entries
			on conflict (entry_id, model) do update set feature = excluded.feature
		`.execute(store.kysely);
		await setImmediate();
	}
}
