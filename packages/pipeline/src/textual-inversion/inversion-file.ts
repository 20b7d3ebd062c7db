import { findFile, openRepository, type Repository, type RepositoryOptions, type WeightsSource } from "@drum/hub";
import { ArgumentError, Checkpoint, CheckpointError, kindByName, shown } from "@drum/tensor";

/** As diffusers names a repository's textual inversion. */
const USUAL = "learned_embeds.safetensors";

export interface InversionFileOptions extends RepositoryOptions {
	/** The file's name in a folder or a repository that has several, as diffusers' `weight_name`. */
	weightName?: string | undefined;
}

export interface InversionFile {
	readonly file: Checkpoint;
	/** The file's name without its ending, by which A1111's web UI calls it. */
	readonly stem: string;
}

/**
 * Opens a textual inversion's file: a `.safetensors` file, a folder, a hub id, or a hub id with the file's path behind it.
 * @throws ArgumentError where a folder or a repository has several and none of the usual name; CheckpointError where it has pickles
 * alone; what `openRepository`, `findFile` and `Checkpoint.open` throw.
 */
export async function openInversionFile(
	source: WeightsSource,
	{ weightName, ...options }: InversionFileOptions,
): Promise<InversionFile> {
	const found = await findFile(source, options);
	if (found && weightName !== undefined) {
		const next = "Leave it out: the source names a file";
		throw new ArgumentError({ what: "weightName", expected: "none", found: shown(weightName), next });
	}
	const repository = found?.repository ?? (await openRepository(source, options));
	const path = found?.path ?? weightName ?? (await pick(repository));
	const file = await Checkpoint.open(await repository.file(path));
	return { file, stem: path.slice(path.lastIndexOf("/") + 1).replace(/\.safetensors$/, "") };
}

async function pick(repository: Repository): Promise<string> {
	if (await repository.has(USUAL)) return USUAL;
	const listed = await repository.list();
	const files = listed.filter((path) => path.endsWith(".safetensors"));
	if (files.length === 1) return files[0]!;
	const { name } = repository;
	if (files.length > 1) {
		const next = `${name} has several files: say which by weightName`;
		throw new ArgumentError({ what: "weightName", expected: `one of ${files.join(", ")}`, found: "none", next });
	}
	const other = listed.find((path) => kindByName(path));
	const kind = other === undefined ? undefined : kindByName(other);
	throw (
		repository.absent("a textual inversion's .safetensors file") ??
		new CheckpointError({
			what: name,
			expected: "a textual inversion's .safetensors file",
			found: kind ? `${kind.is} (${other})` : "none",
			...(kind && { next: kind.next }),
		})
	);
}
