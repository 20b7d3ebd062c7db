import { readFileSync, writeFileSync } from "node:fs";
import type { Encoded } from "./encode.ts";

const FILE = new URL("marks.json", import.meta.url);

/** Of each form and prompt 16 bits that its ids and its cut-off text give: enough to tell which prompt differs. */
export interface Marks {
	readonly seed: number;
	readonly count: number;
	readonly forms: Readonly<Record<string, Uint16Array>>;
}

export function marksOf({ ids, overflow }: Encoded): Uint16Array {
	return Uint16Array.from(ids, (line, row) => mark(`${line.join()} ${overflow[row]}`));
}

export function readMarks(): Marks {
	const { seed, count, forms } = JSON.parse(readFileSync(FILE, "utf8")) as Omit<Marks, "forms"> & {
		forms: Record<string, string>;
	};
	const read = (base64: string) => new Uint16Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
	return {
		seed,
		count,
		forms: Object.fromEntries(Object.entries(forms).map(([name, base64]) => [name, read(base64)])),
	};
}

export function writeMarks({ seed, count, forms }: Marks): void {
	const written = Object.entries(forms).map(([name, marks]) => [name, Buffer.from(marks.buffer).toString("base64")]);
	writeFileSync(FILE, `${JSON.stringify({ seed, count, forms: Object.fromEntries(written) }, undefined, 2)}\n`);
}

/** FNV-1a over UTF-16 units, folded. */
function mark(text: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	return (hash ^ (hash >>> 16)) & 0xffff;
}
