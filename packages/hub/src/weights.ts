import { readFile } from "node:fs/promises";
import { CheckpointError, shown } from "@drum/tensor";
import { isInside } from "./paths.ts";
import type { Repository } from "./repository.ts";

const PICKLED = /\.(bin|ckpt|pt|pth)$/;

/**
 * Finds a component's weights: one safetensors file, or the index JSON of a sharded one, whose shards are then all
 * local beside it. Without a variant, only plain files count; with one the variant's, or the plain ones of a component that
 * lacks it where another has it.
 *
 * @param folder the component's folder in the repository, as `unet`; `""` for the repository's root
 * @param stem `diffusion_pytorch_model` as diffusers names weights, `model` as transformers does
 * @param variant as `fp16` in `model.fp16.safetensors`
 * @returns the local path of the `.safetensors` file or of the `.index.json`
 * @throws CheckpointError if the component has no such weights (naming the variants there are), only pickled ones, or
 * an index that is malformed or names shards outside of `folder`
 */
export async function pickWeights(
	repository: Repository,
	folder: string,
	stem: string,
	variant?: "fp16" | (string & {}) | undefined,
): Promise<string> {
	const at = (name: string) => (folder ? `${folder}/${name}` : name);
	for (const name of candidates(stem, variant)) {
		if (!(await repository.has(at(name)))) continue;
		const local = await repository.file(at(name));
		if (name.endsWith(".json")) {
			for (const shard of await shardsOf(local, `${repository.name}/${at(name)}`)) await repository.file(at(shard));
		}
		return local;
	}
	const files = await repository.list();
	const beside = files.filter((path) => path.startsWith(at(""))).map((path) => path.slice(at("").length));
	// As diffusers has it: a variant that some components have is taken of these, and of the others the plain files.
	if (variant !== undefined && variantsOf(stem, beside).includes("") && files.some((path) => isOf(variant, path)))
		return pickWeights(repository, folder, stem);
	throw missing(repository.name, at, stem, variant, beside);
}

function candidates(stem: string, variant: string | undefined): string[] {
	if (variant === undefined) return [`${stem}.safetensors`, `${stem}.safetensors.index.json`];
	return [
		`${stem}.${variant}.safetensors`,
		`${stem}.${variant}.safetensors.index.json`,
		`${stem}.safetensors.index.${variant}.json`,
	];
}

/** The shard files an index names, each once: https://huggingface.co/docs/safetensors/metadata_parsing */
async function shardsOf(indexPath: string, what: string): Promise<string[]> {
	let map: unknown;
	try {
		map = (JSON.parse(await readFile(indexPath, "utf8")) as { weight_map?: unknown } | null)?.weight_map;
	} catch (cause) {
		throw new CheckpointError({ what, expected: "an index in JSON", found: "text that does not parse", cause });
	}
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
	name: string,
	at: (file: string) => string,
	stem: string,
	variant: string | undefined,
	beside: readonly string[],
): CheckpointError {
	const what = `${name}: weights ${at(stem)}${variant === undefined ? "" : ` of variant ${variant}`}`;
	const variants = variantsOf(stem, beside);
	if (variants.length > 0) {
		return new CheckpointError({
			what,
			expected: at(candidates(stem, variant)[0]!),
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
	return new CheckpointError({
		what,
		expected: at(candidates(stem, variant)[0]!),
		found: beside.length === 0 ? "no such folder" : "no weights",
		next: "Is this a checkpoint of the kind you asked for?",
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
		.map((rest) => /^(?:\.([\w-]+))?\.safetensors(?:\.index(?:\.([\w-]+))?\.json)?$/.exec(rest))
		.filter((match) => match !== null && !/-of-\d+$/.test(match[1] ?? ""))
		.map((match) => match?.[1] ?? match?.[2] ?? "");
	return [...new Set(found)].sort();
}
