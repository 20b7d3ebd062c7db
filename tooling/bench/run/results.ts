import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Part, Side } from "./part.ts";
import type { Machine } from "./roof.ts";
import { distance } from "./statistics.ts";
import type { Values } from "./turns.ts";

/** What a part came to, as it is kept in `results/` of the folder. */
export interface Result extends Machine {
	/** When it ended. */
	at: string;
	commit: string;
	threads: number;
	/** Of Node.js and the libraries. */
	versions: Record<string, string>;
	/** Load average before and after, this measurement's own among it. */
	load: readonly [before: number, after: number];
	/** The part of the processors' time that others had while it was measured. */
	others: number;
	/** Seconds that all of it took. */
	took: number;
	values: Values;
	failed: Record<string, string>;
	/** By side and by what was measured: how far its result is from the reference's. */
	distances: Record<string, Record<string, number>>;
}

function path(folder: string, { name }: Part): string {
	return join(folder, "results", `${name}.json`);
}

export function readResult(folder: string, part: Part): Result | undefined {
	const place = path(folder, part);
	return existsSync(place) ? (JSON.parse(readFileSync(place, "utf8")) as Result) : undefined;
}

export function writeResult(folder: string, part: Part, result: Result): void {
	writeFileSync(path(folder, part), `${JSON.stringify(result, undefined, "\t")}\n`);
}

/** Of all results that sides have kept, from PyTorch's in float32. */
export function distances(folder: string, { groups, measured }: Part): Result["distances"] {
	const found: Result["distances"] = {};
	for (const side of groups.flat()) {
		for (const { name } of measured) {
			const [own, reference] = [output(folder, name, side.name), output(folder, name, "PyTorch, float32")];
			if (own && reference && side.name !== "PyTorch, float32")
				found[side.name] = { ...found[side.name], [name]: distance(own, reference) };
		}
	}
	return found;
}

function output(folder: string, name: string, side: Side["name"]): Float32Array | undefined {
	const place = join(folder, "outputs", `${name}, ${side}.bin`);
	return existsSync(place) ? new Float32Array(Uint8Array.from(readFileSync(place)).buffer) : undefined;
}
