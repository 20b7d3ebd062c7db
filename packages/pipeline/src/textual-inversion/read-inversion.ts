import type { WeightsSource } from "@drum/hub";
import type { Encoders } from "@drum/peca";
import type { LearnedToken } from "@drum/tensor";
import type { OneFileOptions } from "../sources/one-file.ts";
import { openInversionFile } from "./inversion-file.ts";
import { inversionFormat } from "./inversion-format.ts";
import { learnedRows } from "./learned-rows.ts";

/** The contents of a textual inversion's file for the encoders of a model. */
export interface ReadInversion {
	readonly token: string;
	/** How many tokens of a prompt it takes. */
	readonly vectors: number;
	/** The rows, by encoder. */
	readonly rows: Readonly<Record<string, LearnedToken>>;
}

/**
 * Opens a textual inversion's file and checks it against a model's encoders.
 * @param asked the token and the encoder to use instead of the file's
 * @throws what `openInversionFile` and `learnedRows` throw
 */
export async function readInversion(
	source: WeightsSource,
	options: OneFileOptions,
	models: { readonly encoders: Encoders; readonly names: readonly string[] },
	asked: { readonly token: string | undefined; readonly encoder: string | undefined },
): Promise<ReadInversion> {
	const { file, stem } = await openInversionFile(source, options);
	const format = inversionFormat(file);
	const token = asked.token ?? format.token ?? stem;
	const rows = await learnedRows(token, file, format, models, asked.encoder);
	const vectors = Math.max(0, ...Object.values(rows).map(({ tensor }) => vectorsIn(file.get(tensor)!.dims)));
	return { token, rows, vectors };
}

function vectorsIn(dims: readonly number[]): number {
	return dims.length === 1 ? 1 : dims[0]!;
}
