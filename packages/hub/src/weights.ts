import {
	type ByteSource,
	CheckpointError,
	type DrumError,
	kindByName,
	readJson,
	shown,
	type Warning,
} from "@drum/tensor";
import { isInside } from "./paths.ts";
import type { Repository } from "./repository.ts";

const PICKLED = /\.(bin|ckpt|pt|pth)$/;

/** The name of a component's weights. All names other than `model` are handled as diffusers handles its own. */
type Stem = "diffusion_pytorch_model" | "model" | (string & {});

/**
 * Finds a component's weights: one safetensors file, or the JSON index of a sharded one, whose shards are then all downloaded. Without a
 * variant, only plain files count. With a variant, its files count, or the plain files of a component that lacks the variant if another
 * component has it. If there are both an index and a single file, the index is used for diffusers' weights and the file for transformers',
 * as those libraries do.
 *
 * @param folder the component's folder in the repository, such as `unet`; `""` for the repository's root
 * @param stem `diffusion_pytorch_model` as diffusers names weights, or `model` as transformers does
 * @param variant such as `fp16` in `model.fp16.safetensors`; default the plain files
 * @param onWarning called if there are both an index and a single file
 * @returns the `.safetensors` file or the `.index.json`, for `Checkpoint.open`
 * @throws CheckpointError if the component has no such weights (the message names the variants that exist), has only pickled weights, or
 * has an index that is malformed or names shards outside `folder`
 * @throws DownloadError if the weights may only be missing because the hub is not asked or does not answer
 * @throws what `Repository.file` throws
 */
export async function pickWeights(
	repository: Repository,
	folder: string,
	stem: Stem,
	variant?: "fp16" | (string & {}) | undefined,
	onWarning?: ((warning: Warning) => void) | undefined,
): Promise<ByteSource> {
	const at = (name: string) => (folder ? `${folder}/${name}` : name);
	const found: string[] = [];
	for (const name of candidates(stem, variant)) if (await repository.has(at(name))) found.push(name);
	const name = found[0];
	if (name !== undefined) {
		const other = found.find((each) => each.endsWith(".json") !== name.endsWith(".json"));
		if (other !== undefined) onWarning?.(twice(repository.name, at(name), at(other), stem));
		const file = await repository.file(at(name));
		if (name.endsWith(".json")) {
			for (const shard of await shardsOf(file, `${repository.name}/${at(name)}`)) await repository.file(at(shard));
		}
		return file;
	}
	const files = await repository.list();
	const beside = files.filter((path) => path.startsWith(at(""))).map((path) => path.slice(at("").length));
	// As in diffusers: components that have the variant use it, and the others use their plain files.
	if (variant !== undefined && variantsOf(stem, beside).includes("") && files.some((path) => isOf(variant, path)))
		return pickWeights(repository, folder, stem, undefined, onWarning);
	throw missing(repository, at, stem, variant, beside);
}

/** File names, in the order in which the library of these weights looks for them. */
function candidates(stem: Stem, variant: string | undefined): string[] {
	const middle = variant === undefined ? "" : `.${variant}`;
	const single = `${stem}${middle}.safetensors`;
	// The second form is diffusers' older one; the third is found in repositories.
	const indices = [
		`${stem}.safetensors.index${middle}.json`,
		`${stem}.safetensors${middle}.index.json`,
		`${stem}${middle}.safetensors.index.json`,
	];
	const names = stem === "model" ? [single, ...indices] : [...indices, single];
	return [...new Set(names)];
}

function twice(name: string, taken: string, other: string, stem: Stem): Warning {
	const library = stem === "model" ? "transformers" : "diffusers";
	return {
		code: "weights-twice",
		what: `${name}/${taken}`,
		message: `${name} has ${taken} and ${other}: the first is used, as in ${library}. Remove the one that is out of date.`,
	};
}

/** The shard files an index names, each once: https://huggingface.co/docs/safetensors/metadata_parsing */
async function shardsOf(index: ByteSource, what: string): Promise<string[]> {
	const map = ((await readJson(index, what)) as { weight_map?: unknown } | null)?.weight_map;
	if (typeof map !== "object" || map === null || Array.isArray(map) || Object.keys(map).length === 0) {
		throw new CheckpointError({
			what,
			expected: "an index whose weight_map gives each weight's file",
			found: "none",
			next: "Download the checkpoint again, or tell its authors",
		});
	}
	const shards = [...new Set<unknown>(Object.values(map))];
	return shards.map((shard) => {
		if (typeof shard === "string" && shard.endsWith(".safetensors") && !shard.includes("/") && isInside(shard))
			return shard;
		throw new CheckpointError({
			what,
			expected: "shards that are safetensors files in its folder",
			found: shown(shard),
			next: "Don't use this checkpoint unless you trust where it comes from",
		});
	});
}

function missing(
	repository: Repository,
	at: (file: string) => string,
	stem: string,
	variant: string | undefined,
	beside: readonly string[],
): DrumError {
	const offline = repository.absent(`weights ${at(stem)}${variant === undefined ? "" : ` of variant ${variant}`}`);
	if (offline) return offline;
	const { name } = repository;
	const what = `${name}: weights ${at(stem)}${variant === undefined ? "" : ` of variant ${variant}`}`;
	const expected = at(`${stem}${variant === undefined ? "" : `.${variant}`}.safetensors`);
	const variants = variantsOf(stem, beside);
	if (variants.length > 0) {
		return new CheckpointError({
			what,
			expected,
			found: variants.map((each) => (each === "" ? "the plain weights" : `variant ${each}`)).join(", "),
			next: variants.includes("") ? "Leave the variant out" : `Ask for variant ${variants[0]}`,
		});
	}
	const pickled = beside.find(
		(file) => file.startsWith(stem.replace(/^model$/, "pytorch_model")) && PICKLED.test(file),
	);
	const anyPickled = pickled ?? beside.find((file) => !file.includes("/") && PICKLED.test(file));
	if (anyPickled !== undefined) {
		return new CheckpointError({
			what,
			expected: "safetensors",
			found: `only pickled weights (${at(anyPickled)})`,
			next:
				"Only safetensors are read, because loading a pickle can run code in it. " +
				"Look for a revision with safetensors, or convert it at https://huggingface.co/spaces/safetensors/convert",
		});
	}
	const other = beside.find((file) => !file.includes("/") && kindByName(file));
	return new CheckpointError({
		what,
		expected,
		found: other ? `no such file, but ${at(other)}` : beside.length === 0 ? "no such folder" : "no weights",
		next: (other && kindByName(other)?.next) ?? "Check that this is a checkpoint of the kind you asked for",
	});
}

/** Whether a file is weights of a variant: `model.fp16.safetensors`, or a shard `model.fp16-00001-of-00002.safetensors`. */
function isOf(variant: string, path: string): boolean {
	const name = path.slice(path.lastIndexOf("/") + 1);
	return name.endsWith(".safetensors") && (name.includes(`.${variant}.`) || name.includes(`.${variant}-`));
}

/** The variants for which `stem` has safetensors; `""` is the plain one. */
function variantsOf(stem: string, files: readonly string[]): string[] {
	const found = files
		.filter((file) => file.startsWith(`${stem}.`))
		.map((file) => file.slice(stem.length))
		.map((rest) => /^(?:\.([\w-]+))?\.safetensors(?:(?:\.([\w-]+))?\.index(?:\.([\w-]+))?\.json)?$/.exec(rest))
		.filter((match) => match !== null && !/-of-\d+$/.test(match[1] ?? ""))
		.map((match) => match?.[1] ?? match?.[2] ?? match?.[3] ?? "");
	return [...new Set(found)].sort();
}
