import type { HistoryFormat } from "@drum/peca";
import type { Problem } from "../../api/index.ts";
import { type Imported, readImport } from "../read-import.ts";
import { Refusal } from "../refusal.ts";

/** A file to be read, as the thread is given it. */
export interface Asked {
	readonly bytes: Uint8Array;
	readonly format: HistoryFormat;
	readonly most: number;
}

/** Errors lose their class on the way between threads, so a refusal is told as what it says. */
export type Answer = Imported | { problem: Problem };

export default async function answer({ bytes, format, most }: Asked): Promise<Answer> {
	try {
		return await readImport(bytes, format, most);
	} catch (error) {
		if (error instanceof Refusal) return { problem: error.problem };
		throw error;
	}
}
