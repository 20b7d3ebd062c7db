import type { LoraFile } from "./model.ts";
import { otherMethodOf, type Part, partOf, type Style } from "./parts.ts";
import { otherMethod, twice } from "./refusals.ts";

/** A module with the file's name. Its layers are not known yet. */
export interface NamedModule {
	readonly name: string;
	/** The names of its tensors. */
	readonly tensors: ReadonlyMap<Part, string>;
	readonly styles: ReadonlySet<Style>;
}

/**
 * Groups a file's tensors by module. `others` are those that belong to none.
 * @throws CheckpointError if a module has a part twice, or a part of an unsupported method
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
