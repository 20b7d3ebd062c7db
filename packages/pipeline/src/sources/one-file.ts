import { findFile, openRepository, type Repository, type RepositoryOptions, type WeightsSource } from "@drum/hub";
import { ArgumentError, CheckpointError, kindByName, shown } from "@drum/tensor";

export interface OneFileOptions extends RepositoryOptions {
	/** The file's name in a folder or a repository that has several, as diffusers' `weight_name`. */
	weightName?: string | undefined;
}

/** The kind of file to look for. */
export interface OneFileKind {
	/** Its names in diffusers and PEFT. */
	readonly usual: readonly string[];
	/** For messages: `"a LoRA's .safetensors file"`. */
	readonly is: string;
}

/**
 * Finds a single file of weights: by its path, by a hub id followed by the file's path, or in a folder or a repository.
 * @throws ArgumentError if a folder or a repository has several, and none has a usual name; CheckpointError if it has none; what `findFile` and
 * `openRepository` throw
 */
export async function findOneFile(
	source: WeightsSource,
	{ weightName, ...options }: OneFileOptions,
	kind: OneFileKind,
): Promise<{ repository: Repository; path: string }> {
	const found = await findFile(source, options);
	if (found && weightName !== undefined) {
		const next = "Leave it out: the source names a file";
		throw new ArgumentError({ what: "weightName", expected: "none", found: shown(weightName), next });
	}
	if (found) return found;
	const repository = await openRepository(source, options);
	return { repository, path: weightName ?? (await pick(repository, source, kind)) };
}

async function pick(repository: Repository, source: WeightsSource, { usual, is }: OneFileKind): Promise<string> {
	for (const name of usual) if (await repository.has(name)) return name;
	const { name } = repository;
	const listed = await repository.list();
	const files = listed.filter((path) => path.endsWith(".safetensors"));
	if (files.length === 1) return files[0]!;
	if (files.length > 1) {
		const next =
			typeof source === "string" ? `Give the file itself, as ${source}/${files[0]}` : "Name the file in weightName";
		throw new ArgumentError({
			what: name,
			expected: `the place of one of its files: ${files.join(", ")}`,
			found: `a place with ${files.length} of them`,
			next,
		});
	}
	const other = listed.find((path) => kindByName(path));
	const kind = other === undefined ? undefined : kindByName(other);
	throw (
		repository.absent(is) ??
		new CheckpointError({
			what: name,
			expected: is,
			found: kind ? `${kind.is} (${other})` : "none",
			next: kind?.next ?? "Give the file itself, or a folder that has it",
		})
	);
}
