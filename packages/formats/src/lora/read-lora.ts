import { CheckpointError } from "@drum/tensor";
import { areOther, type Families, familyOf, type NamedWidth } from "./families.ts";
import { formatOf } from "./format.ts";
import { Group } from "./group.ts";
import { LayerIndex } from "./layer-index.ts";
import type { Lora, LoraModule } from "./lora.ts";
import type { LoraFile, LoraModel } from "./model.ts";
import { modulesOf } from "./modules.ts";
import { modulesInFile } from "./modules-in-file.ts";
import { PeftConfig } from "./peft-config.ts";
import { noLayer, noLora, otherFamily, twice } from "./refusals.ts";

/**
 * Reads what a LoRA file adds to a model's layers. The file may be from PEFT, diffusers, kohya's scripts, LyCORIS, OneTrainer, XLabs or ComfyUI.
 * This reads names, shapes and alphas, but not the factors.
 * @param config the parsed `adapter_config.json` next to the file, if there is one
 * @throws CheckpointError if the file contains no LoRA, a LoRA for another model family or of an unsupported method, or tensors that do not fit
 * each other or their layers; FileError if it cannot be read
 */
export async function readLora(file: LoraFile, model: LoraModel, config?: unknown): Promise<Lora> {
	const { modules, others } = modulesInFile(file);
	if (modules.length === 0) throw noLora(file);
	const index = new LayerIndex(model);
	const settings = PeftConfig.read(file.metadata, config, file.name);
	const whole = model.denoiser;
	const found = familyOf(modules.map(({ name, tensors }) => ({ name, width: widthOf(file, tensors.get("down")) })));
	const ofModel = whole && familyOf(Array.from(whole, ([name, dims]): NamedWidth => ({ name, width: dims[1] })));
	const families: Families = { found, expected: whole ? ofModel : found };
	const strange = modules.filter(({ name }) => !index.find(name)).flatMap(({ tensors }) => [...tensors.values()]);
	const groups = modules.flatMap(({ name, tensors, styles }) => {
		const place = index.find(name);
		return place ? [new Group(file, name, place, tensors, styles)] : [];
	});
	if ((whole && groups.length === 0) || (strange.length > 0 && areOther(families)))
		throw noLayer(file, strange[0]!, families);

	const own = new Map<string, LoraModule[]>(["", ...model.encoders.map(({ name }) => name)].map((name) => [name, []]));
	const takers = new Map<string, string>();
	const unknown = new Set(whole ? [...others, ...strange] : []);
	for (const group of groups) {
		const { component } = group.place;
		const built = await modulesOf(group, settings).catch((error: unknown) => {
			throw areOther(families) && error instanceof CheckpointError ? otherFamily(error.what, families, error) : error;
		});
		for (const path of new Set(built.map((module) => module.path))) {
			const before = takers.get(`${component} ${path}`);
			if (before !== undefined) throw twice(file, group.name, before, path);
			takers.set(`${component} ${path}`, group.name);
		}
		own.get(component)!.push(...built);
		for (const tensor of group.unused()) unknown.add(tensor);
	}
	const { "": denoiser = [], ...encoders } = Object.fromEntries(own);
	const names = [...file.names()].filter((name) => unknown.has(name));
	return { format: formatOf(groups), denoiser, encoders, unknown: names };
}

function widthOf(file: LoraFile, tensor: string | undefined): number | undefined {
	return tensor === undefined ? undefined : file.get(tensor)?.dims[1];
}
