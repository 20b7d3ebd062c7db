import { openRepository, type RepositoryOptions, sourceName, type WeightsSource } from "@drum/hub";
import { advised, CheckpointError, type TensorSource } from "@drum/tensor";
import { readJson } from "../files.ts";
import { VOCABULARIES } from "./built-in-files.ts";
import { type CheckpointPart, type CheckpointSource, type SmallFiles, sameLayers } from "./checkpoint-source.ts";
import { findSingleFile } from "./find-single-file.ts";
import { repositoryWeights, smallFiles } from "./repository-source.ts";

/** A text encoder's files, in the hub's layout, with the paths of the checkpoint's own. */
export interface EncoderSource {
	/** Names its weights in messages. */
	readonly name: string;
	readonly files: SmallFiles;
	weights(): Promise<TensorSource>;
}

/** The checkpoint's own encoder. */
export function ownEncoder(checkpoint: CheckpointSource, part: CheckpointPart): EncoderSource {
	return { name: `${checkpoint.name}/${part.folder}`, files: checkpoint, weights: () => checkpoint.weights(part) };
}

/**
 * A text encoder at a given place: a folder or a repository, of an encoder or of a checkpoint with one, or a file of weights, which gets the
 * configuration of the checkpoint's own. A file, or a folder without a tokenizer, also gets the checkpoint's tokenizer.
 * @throws what `openRepository` and `findSingleFile` throw; CheckpointError for a file without such an encoder
 */
export async function givenEncoder(
	checkpoint: CheckpointSource,
	part: CheckpointPart,
	source: WeightsSource,
	options: RepositoryOptions,
): Promise<EncoderSource> {
	// The revision only belongs to the checkpoint.
	const others = { ...options, revision: undefined };
	const opened = await findSingleFile(source, others, part.name);
	if (opened) {
		const found = opened.holds.encoders[part.name];
		if (!found) throw otherEncoder(part.name, sourceName(source), opened.holds.is);
		const config = await readJson(checkpoint, `${part.folder}/config.json`);
		const weights = async () => advised(await opened.weights(part.name, config), sameLayers(checkpoint.name));
		return { name: sourceName(source), files: checkpoint, weights };
	}
	const repository = await openRepository(source, others);
	const files = smallFiles(repository);
	const isWhole = await files.has("model_index.json");
	const [folder, tokenizer] = isWhole ? [part.folder, tokenizerOf(part.folder)] : ["", ""];
	const at = (inside: string, file: string) => (inside ? `${inside}/${file}` : file);
	const hasTokenizer = (await Promise.all(VOCABULARIES.map((file) => files.has(at(tokenizer, file))))).includes(true);
	const { onWarning } = options;
	return {
		name: at(repository.name, folder),
		files: redirected(checkpoint, files, (path) => {
			const [top, ...rest] = path.split("/");
			if (top === part.folder) return at(folder, rest.join("/"));
			return hasTokenizer && top === tokenizerOf(part.folder) ? at(tokenizer, rest.join("/")) : undefined;
		}),
		weights: () => repositoryWeights(repository, { name: part.name, folder }, { onWarning }),
	};
}

function tokenizerOf(folder: string): string {
	return folder.replace("text_encoder", "tokenizer");
}

/** The checkpoint's files, except those that `place` finds in `others`. */
function redirected(own: SmallFiles, others: SmallFiles, place: (path: string) => string | undefined): SmallFiles {
	const at = <T>(path: string, use: (files: SmallFiles, path: string) => T): T => {
		const there = place(path);
		return there === undefined ? use(own, path) : use(others, there);
	};
	return {
		name: others.name,
		has: (path) => at(path, (files, there) => files.has(there)),
		read: (path) => at(path, (files, there) => files.read(there)),
		absent: (thing) => others.absent(thing) ?? own.absent(thing),
	};
}

function otherEncoder(name: string, source: string, is: string): CheckpointError {
	return new CheckpointError({
		what: `encoders.${name} ${source}`,
		expected: `a file with the text encoder ${name}`,
		found: is,
		next: "Give each encoder under its own name",
	});
}
