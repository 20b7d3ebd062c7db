import type { Encoders } from "@drum/peca";
import {
	ArgumentError,
	CheckpointError,
	type LearnedToken,
	printable,
	readTensor,
	sha256,
	shown,
	type TensorSource,
	toFloat32,
} from "@drum/tensor";
import type { InversionFormat } from "./inversion-format.ts";

/** The encoders of published models, by the width of their rows. */
const FAMILIES: Readonly<Record<number, string>> = {
	768: "encoder L: Stable Diffusion 1, and a part of XL, 3 and FLUX",
	1024: "encoder H: Stable Diffusion 2",
	1280: "encoder bigG: a part of Stable Diffusion XL and 3",
	4096: "encoder T5: a part of Stable Diffusion 3 and FLUX",
};

/**
 * A textual inversion's rows by encoder: the encoders that the file names, or else the one asked for, or else the first of the same width.
 * @throws ArgumentError for an encoder that the model does not have; CheckpointError for rows that fit no encoder, or contain NaN or infinity
 */
export async function learnedRows(
	token: string,
	source: TensorSource,
	{ parts }: InversionFormat,
	{ encoders, names }: { encoders: Encoders; names: readonly string[] },
	asked: string | undefined,
): Promise<Readonly<Record<string, LearnedToken>>> {
	if (asked !== undefined && !names.includes(asked)) {
		const expected = `one of ${names.join(", ")}`;
		throw new ArgumentError({ what: "encoder", expected, found: shown(asked) });
	}
	const wanted = parts.filter(({ encoder }) => asked === undefined || encoder === undefined || encoder === asked);
	const found: Record<string, LearnedToken> = {};
	for (const { encoder: named, tensor } of wanted) {
		const width = source.get(tensor)!.dims.at(-1)!;
		const encoder = named ?? asked ?? Object.keys(encoders).find((name) => encoders[name]!.width === width);
		// Some of the model's encoders may not be open.
		const isElsewhere = encoder === undefined ? names.some((name) => !encoders[name]) : names.includes(encoder);
		if (!encoders[encoder ?? ""] && isElsewhere) continue;
		if (encoder === undefined || encoders[encoder]?.width !== width) throw unfit(source, tensor, encoders, encoder);
		found[encoder] = { token, source, tensor, fingerprint: await fingerprintOf(token, source, tensor) };
	}
	if (wanted.length > 0) return found;
	const expected = `rows for encoder ${asked}`;
	const has = parts.map(({ encoder }) => encoder).join(", ");
	const next = "Leave the option encoder out, or name one that the file has rows for";
	throw new ArgumentError({ what: `textual inversion ${source.name}`, expected, found: `rows for ${has}`, next });
}

function unfit(source: TensorSource, tensor: string, encoders: Encoders, encoder: string | undefined): CheckpointError {
	const { dims } = source.get(tensor)!;
	const widths = Object.entries(encoders).map(([name, { width }]) => `${width} (${name})`);
	const family = FAMILIES[dims.at(-1)!];
	const isAbsent = encoder !== undefined && !encoders[encoder];
	return new CheckpointError({
		what: `textual inversion ${source.name}`,
		expected: `rows as wide as this model's encoder${widths.length > 1 ? "s" : ""}: ${widths.join(", ")}`,
		found: `${printable(tensor)} [${dims.join(", ")}]${isAbsent ? `, for an encoder ${encoder} that it has not` : ""}`,
		next: family ? `It is for ${family}` : "Take one that was made for this model",
	});
}

/** @throws CheckpointError for NaN or infinity */
async function fingerprintOf(token: string, source: TensorSource, tensor: string): Promise<string> {
	const rows = toFloat32((await readTensor(source, tensor))!);
	const wrong = rows.find((value) => !Number.isFinite(value));
	if (wrong !== undefined) {
		const what = `textual inversion ${source.name}`;
		throw new CheckpointError({
			what,
			expected: "finite numbers",
			found: String(wrong),
			next: "The file is damaged: fetch it again",
		});
	}
	const { dims } = source.get(tensor)!;
	const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
	return sha256(JSON.stringify([token, dims]), bytes).slice(0, 16);
}
