import { ArgumentError } from "@drum/tensor";

/** A profile's file, and how much it counts in a blend. */
export interface WeighedFile {
	readonly file: string;
	readonly weight: number;
}

/**
 * Reads `me.safetensors=2`. What stands behind the last `=` is a weight where it is a number; else it belongs to the name.
 * @throws ArgumentError for a weight that is not above 0.
 */
export function weighedFile(text: string): WeighedFile {
	const [, file, weight] = /^(.+)=([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.exec(text) ?? [];
	if (file === undefined) return { file: text, weight: 1 };
	if (Number.isFinite(Number(weight)) && Number(weight) > 0) return { file, weight: Number(weight) };
	throw new ArgumentError({ what: `weight of ${file}`, expected: "a number above 0", found: weight! });
}
