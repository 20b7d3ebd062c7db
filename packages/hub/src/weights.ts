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

/** A component's name of weights, as each library has it; what is not a transformers name is taken as diffusers takes its own. */
type Stem = "diffusion_pytorch_model" | "model" | (string & {});

/**
 * Finds a component's weights: one safetensors file, or the index JSON of a sharded one, whose shards are then all
 * brought beside it. Without a variant, only plain files count; with one the variant's, or the plain ones of a component that
 * lacks it where another has it. Where there are both an index and a single file, diffusers takes the index and transformers the file.
 *
 * @param folder the component's folder in the repository, as `unet`; `""` for the repository's root
 * @param stem `diffusion_pytorch_model` as diffusers names weights, `model` as transformers does
 * @param variant as `fp16` in `model.fp16.safetensors`
 * @param onWarning told where there are both
 * @returns the `.safetensors` file or the `.index.json`, for `Checkpoint.open`
 * @throws CheckpointError if the component has no such weights (naming the variants there are), only pickled ones, or
 * an index that is malformed or names shards outside of `folder`
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
	// As diffusers has it: a variant that some components have is taken of these, and of the others the plain files.
	if (variant !== undefined && variantsOf(stem, beside).includes("") && files.some((path) => isOf(variant, path)))
		return pickWeights(repository, folder, stem, undefined, onWarning);
	throw missing(repository, at, stem, variant, beside);
}

/** In the order in which the library of these weights looks for them. */
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
		message: `${name} has ${taken} and ${other}: the first was taken, as ${library} does. Remove the one that is out of date.`,
	};
}

/** The shard files an index names, each once: https://huggingface.co/docs/safetensors/metadata_parsing */
async function shardsOf(index: ByteSource, what: string): Promise<string[]> {
	const map = ((await readJson(index, what)) as { weight_map?: unknown } | null)?.weight_map;
	if (typeof map !== "object" || map === null || Array.isArray(map) || Object.keys(map).length === 0) {
		throw new CheckpointError({ what, expected: "an index whose weight_map gives each weight's file", found: "none" });
	}
	const shards = [...new Set<unknown>(Object.values(map))];
	return shards.map((shard) => {
		if (typeof shard === "string" && shard.endsWith(".safetensors") && !shard.includes("/") && isInside(shard))
			return shard;
		throw new CheckpointError({
			what,
			expected: "shards that are safetensors files beside it",
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
				"Only safetensors are read, since loading a pickle can run code that it holds. " +
				"Look for a revision with safetensors, or convert it at https://huggingface.co/spaces/safetensors/convert",
		});
	}
	const other = beside.find((file) => !file.includes("/") && kindByName(file));
	return new CheckpointError({
		what,
		expected,
		found: other ? `no such file, but ${at(other)}` : beside.length === 0 ? "no such folder" : "no weights",
		next: (other && kindByName(other)?.next) ?? "Is this a checkpoint of the kind you asked for?",
	});
}

/** Whether a file is weights of a variant: `model.fp16.safetensors`, or a shard `model.fp16-00001-of-00002.safetensors`. */
function isOf(variant: string, path: string): boolean {
	const name = path.slice(path.lastIndexOf("/") + 1);
	return name.endsWith(".safetensors") && (name.includes(`.${variant}.`) || name.includes(`.${variant}-`));
}

/** The variants under which `stem` has safetensors; `""` is the plain one. */
function variantsOf(stem: string, files: readonly string[]): string[] {
	const found = files
		.filter((file) => file.startsWith(`${stem}.`))
		.map((file) => file.slice(stem.length))
		.map((rest) => /^(?:\.([\w-]+))?\.safetensors(?:(?:\.([\w-]+))?\.index(?:\.([\w-]+))?\.json)?$/.exec(rest))
		.filter((match) => match !== null && !/-of-\d+$/.test(match[1] ?? ""))
		.map((match) => match?.[1] ?? match?.[2] ?? match?.[3] ?? "");
	return [...new Set(found)].sort();
}
