import type { LoraFile } from "./model.ts";
import { otherMethodOf, type Part, partOf, type Style } from "./parts.ts";
import { otherMethod, twice } from "./refusals.ts";

/** A module as a file names it, wherever it belongs. */
export interface NamedModule {
	readonly name: string;
	/** Its tensors' names. */
	readonly tensors: ReadonlyMap<Part, string>;
	readonly styles: ReadonlySet<Style>;
}

/**
 * A file's tensors by their modules, and those that are no part of one.
 * @throws CheckpointError where a module has a part twice, or one of a method that is none of LoRA's.
 */
export function modulesInFile(file: LoraFile): { modules: NamedModule[]; others: string[] } {
	const modules = new Map<string, { tensors: Map<Part, string>; styles: Set<Style> }>();
	const others: string[] = [];
	for (const tensor of file.names()) {
		const method = otherMethodOf(tensor);
		if (method) throw otherMethod(file, tensor, method);
		const named = partOf(tensor);
		if (!named) {
			others.push(tensor);
			continue;
		}
		const module = modules.get(named.module) ?? { tensors: new Map(), styles: new Set() };
		const other = module.tensors.get(named.part);
		if (other !== undefined) throw twice(file, tensor, other, named.module);
		module.tensors.set(named.part, tensor);
		module.styles.add(named.style);
		modules.set(named.module, module);
	}
	return { modules: Array.from(modules, ([name, module]) => ({ name, ...module })), others };
}
