import type { DumpedRow, RowsChange } from "@drum/database";
import type { Store } from "../open-store.ts";
import { PART_BYTES } from "../profile-files.ts";
import { readObject } from "./read-object.ts";

/** So that a dump holds all files, and can be restored anywhere: each object as the database would keep it. */
export function filesInRows(store: Store): Readonly<Record<string, RowsChange>> {
	const profiles: { id: string; file: string; object: string }[] = [];
	return {
		async *profiles(rows) {
			for await (const row of rows) {
				const { id, file, object } = row;
				if (id && file && object) profiles.push({ id, file, object });
				yield { ...row, object: null };
			}
		},
		async *profile_parts(rows) {
			yield* rows;
			for (const { id, file, object } of profiles) yield* partsOf(store, { profile_id: id, file }, object);
		},
		async *pictures(rows) {
			for await (const row of rows) {
				const png = row.object ? await readObject(store, row.object) : undefined;
				if (row.object === null) yield row;
				// One that is deleted meanwhile is not dumped.
				else if (png) yield { ...row, png: Buffer.from(png).toString("base64"), object: null };
			}
		},
	};
}

async function* partsOf(
	store: Store,
	of: { profile_id: string; file: string },
	object: string,
): AsyncGenerator<DumpedRow> {
	const bytes = (await readObject(store, object)) ?? new Uint8Array();
	for (let part = 0; part * PART_BYTES < bytes.length; part++) {
		const own = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
		yield { ...of, part: String(part), bytes: Buffer.from(own).toString("base64") };
	}
}
