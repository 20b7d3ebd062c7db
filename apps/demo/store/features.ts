import { setImmediate } from "node:timers/promises";
import { sql } from "kysely";
import type { Entry } from "../api/index.ts";
import type { Store } from "./open-store.ts";

/** Numbers that are written between two turns of the event loop. */
const SLICE = 1 << 14;

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
			return { id, prompt, feature: bytesOf(features.subarray(at, at + width)).toString("base64") };
		});
		await sql`
			insert into features (entry_id, model, feature)
			select entries.id, ${model}, decode(made.feature, 'base64')
			from jsonb_to_recordset(${JSON.stringify(part)}::text::jsonb) as made (id uuid, prompt text, feature text)
			join entries on entries.id = made.id and entries.prompt = made.prompt
			for key share of entries
			on conflict (entry_id, model) do update set feature = excluded.feature
		`.execute(store.kysely);
		await setImmediate();
	}
}

/** A feature as the database keeps it, without a copy. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
	return Buffer.from(buffer, byteOffset, byteLength);
}

/** The feature that `bytesOf` kept. The bytes may begin anywhere in their buffer, so they are copied. */
export function featureOf(bytes: Uint8Array): Float32Array {
	return new Float32Array(Uint8Array.from(bytes).buffer);
}
