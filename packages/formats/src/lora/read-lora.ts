import { CheckpointError } from "@drum/tensor";
import { familyOf, type NamedWidth } from "./families.ts";
import { formatOf } from "./format.ts";
import { Group } from "./group.ts";
import { LayerIndex } from "./layer-index.ts";
import type { Lora, LoraModule } from "./lora.ts";
import type { LoraFile, LoraModel } from "./model.ts";
import { modulesOf } from "./modules.ts";
import { otherMethodOf, type Part, partOf, type Style } from "./parts.ts";
import { PeftConfig } from "./peft-config.ts";

/**
 * Reads what a LoRA file adds to a model's layers, whichever program wrote it: PEFT, diffusers, kohya's scripts, LyCORIS, OneTrainer,
 * XLabs, ComfyUI. Of its tensors only names, shapes and places are read, and alphas.
 * @param config parsed `adapter_config.json`, where one lies beside the file
 * @throws CheckpointError where the file holds no LoRA, one for another family of models or of a method that is none of LoRA's, or
 * tensors that do not fit each other or their layers; FileError where it cannot be read.
 */
export async function readLora(file: LoraFile, model: LoraModel, config?: unknown): Promise<Lora> {
	const { modules, others } = modulesIn(file);
	const index = new LayerIndex(model);
	const settings = PeftConfig.read(file.metadata, config, file.name);
	const found = modules.map((module) => ({ ...module, place: index.find(module.name) }));
	const strange = found.filter(({ place }) => !place);
	const widths = modules.map(({ name, tensors }) => ({ name, width: file.get(tensors.get("down") ?? "")?.dims[1] }));
	const families = { found: familyOf(widths), expected: familyOf(layerWidths(model)) };
	if (strange.length === found.length || (strange.length > 0 && areOther(families)))
		refuse(file, strange[0]?.tensors.values().next().value, families);

	const groups = found.flatMap(({ name, place, tensors, styles }) =>
		place ? [new Group(file, name, place, tensors, styles)] : [],
	);
	const unknown = new Set([...others, ...strange.flatMap(({ tensors }) => [...tensors.values()])]);
	const own = new Map<string, LoraModule[]>(["", ...model.encoders.map(({ name }) => name)].map((name) => [name, []]));
	const takers = new Map<string, string>();
	for (const group of groups) {
		const built = await modulesOf(group, settings).catch((error: unknown) => {
			throw areOther(families) && error instanceof CheckpointError ? otherFamily(error.what, families, error) : error;
		});
		const { component } = group.place;
		for (const tensor of group.unused()) unknown.add(tensor);
		for (const path of new Set(built.map((module) => module.path))) {
			const before = takers.get(`${component} ${path}`);
			if (before !== undefined) twice(file, group.name, before, path);
			takers.set(`${component} ${path}`, group.name);
		}
		own.get(component)!.push(...built);
	}
	const { "": denoiser = [], ...encoders } = Object.fromEntries(own);
	const names = [...file.names()].filter((name) => unknown.has(name));
	return { format: formatOf(groups), denoiser, encoders, unknown: names };
}

interface FoundModule {
	readonly name: string;
	readonly tensors: ReadonlyMap<Part, string>;
	readonly styles: ReadonlySet<Style>;
}

function modulesIn(file: LoraFile): { modules: FoundModule[]; others: string[] } {
	const modules = new Map<string, { tensors: Map<Part, string>; styles: Set<Style> }>();
	const others: string[] = [];
	for (const tensor of file.names()) {
		const method = otherMethodOf(tensor);
		if (method) {
			throw new CheckpointError({
				what: `${file.name}, tensor ${tensor}`,
				expected: "a LoRA or a LoKr",
				found: `a ${method}`,
				next: `Merge it into its model with the program that made it: ${method} is not read here`,
			});
		}
		const named = partOf(tensor);
		if (!named) {
			others.push(tensor);
			continue;
		}
		const { tensors, styles } = modules.get(named.module) ?? { tensors: new Map(), styles: new Set() };
		const other = tensors.get(named.part);
		if (other !== undefined) twice(file, tensor, other, named.module);
		tensors.set(named.part, tensor);
		styles.add(named.style);
		modules.set(named.module, { tensors, styles });
	}
	return { modules: Array.from(modules, ([name, { tensors, styles }]) => ({ name, tensors, styles })), others };
}

function layerWidths({ denoiser }: LoraModel): NamedWidth[] {
	return Array.from(denoiser, ([name, dims]) => ({ name, width: dims[1] }));
}

interface Families {
	readonly found: string | undefined;
	readonly expected: string | undefined;
}

function areOther({ found, expected }: Families): boolean {
	return found !== undefined && found !== expected;
}

function otherFamily(what: string, { found, expected }: Families, cause?: unknown): CheckpointError {
	return new CheckpointError({
		what,
		expected: `a LoRA for ${expected ?? "this model"}`,
		found: `one for ${found}`,
		next: "Give it to a model of that family",
		cause,
	});
}

function refuse(file: LoraFile, tensor: string | undefined, families: Families): never {
	const what = tensor === undefined ? file.name : `${file.name}, tensor ${tensor}`;
	if (tensor !== undefined && areOther(families)) throw otherFamily(what, families);
	const [first] = file.names();
	const said = file.metadata["modelspec.architecture"] ?? file.metadata.ss_base_model_version;
	throw new CheckpointError({
		what,
		expected: tensor === undefined ? "tensors of a LoRA" : "the name of one of the model's layers",
		found: tensor === undefined ? (first ?? "none") : `none of it${said ? `, and metadata that says ${said}` : ""}`,
		next: "Give a LoRA of this model's family",
	});
}

function twice(file: LoraFile, one: string, other: string, of: string): never {
	throw new CheckpointError({
		what: `${file.name}, ${one}`,
		expected: `each layer once`,
		found: `${of} by ${other} too`,
		next: "The file says the same in two ways: keep the tensors of one",
	});
}
