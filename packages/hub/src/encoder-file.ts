import {
	type BuiltInEncoder,
	builtInEncoder,
	encoderWeights,
	readSingleFile,
	type SingleFile,
	scaled,
	weightsKind,
} from "@drum/formats";
import { ArgumentError, Checkpoint, type TensorSource } from "@drum/tensor";
import { findFile } from "./find-file.ts";
import { sourceName, type WeightsSource } from "./given-repository.ts";
import type { RepositoryOptions } from "./repository-options.ts";

/** A text encoder from a file of its own, or from the file of a whole checkpoint. */
export interface EncoderFile extends BuiltInEncoder {
	/** The source as the user gave it. */
	readonly name: string;
	/** Its weights, under transformers' names. */
	readonly weights: TensorSource;
}

/**
 * Opens the text encoder in a file, on this machine or on the hub, with its published configuration. The file must contain exactly one of
 * `encoders`.
 * @param encoders names of the encoders to look for, as a mix has them: `L`, `H`, `bigG`, `T5`
 * @returns undefined if `source` is not a file
 * @throws ArgumentError if the file contains none of `encoders`, or several
 * @throws CheckpointError if the file is malformed
 * @throws what `findFile` throws
 */
export async function openEncoderFile(
	source: WeightsSource,
	encoders: readonly string[],
	options: RepositoryOptions,
): Promise<EncoderFile | undefined> {
	const found = await findFile(source, options);
	if (!found) return undefined;
	const file = scaled(await Checkpoint.open(await found.repository.file(found.path)));
	const holds = readSingleFile(file);
	const [name, ...more] = Object.keys(holds?.encoders ?? {}).filter((each) => encoders.includes(each));
	if (!holds || name === undefined || more.length > 0) throw notOne(sourceName(source), encoders, file, holds);
	const { config, tokenizer } = builtInEncoder(name, file)!;
	const reading = { name: sourceName(source), part: holds.encoders[name]!, config };
	return { name: sourceName(source), config, tokenizer, weights: encoderWeights(file, reading) };
}

function notOne(
	source: string,
	encoders: readonly string[],
	file: TensorSource,
	holds: SingleFile | undefined,
): ArgumentError {
	const several = Object.values(holds?.encoders ?? {}).map(({ is }) => is);
	return new ArgumentError({
		what: source,
		expected: `a file with one text encoder of ${encoders.join(", ")}`,
		found: several.length > 1 ? several.join(" and ") : (weightsKind(file)?.is ?? "other weights"),
		next: "Give the file of the encoder alone, or a folder with its config.json",
	});
}
