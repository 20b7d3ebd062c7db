import type { TensorSource } from "@drum/tensor";

/** What a network takes of a checkpoint. */
export interface TensorUse {
	used: number;
	/** Tensors that no layer asked for. */
	unused: string[];
}

/** Buffers that PyTorch writes to a file and that no model computes with. */
const BUFFERS = /(^|\.)(position_ids|num_batches_tracked)$/;

/** The same tensors, and a note of which of them have been asked for. */
export function watchTensors(source: TensorSource): { source: TensorSource; use(): TensorUse } {
	const asked = new Set<string>();
	const get = (tensor: string) => {
		asked.add(tensor);
		return source.get(tensor);
	};
	return {
		source: { ...source, name: source.name, advice: source.advice, names: () => source.names(), get },
		use() {
			const names = [...source.names()].filter((name) => !BUFFERS.test(name));
			const unused = names.filter((name) => !asked.has(name));
			return { used: names.length - unused.length, unused };
		},
	};
}

/** How a configuration was read. */
export interface ConfigUse {
	/** Settings that are read and that the file does not have: their defaults hold. */
	missing: string[];
	/** Settings that the file has and nothing here reads. */
	unknown: string[];
}

/** Reads a configuration by `parse`, and notes which of its settings that asked for. @throws what `parse` throws */
export function watchConfig(config: unknown, parse: (config: unknown) => unknown): ConfigUse {
	if (typeof config !== "object" || config === null) {
		parse(config);
		return { missing: [], unknown: [] };
	}
	const asked = new Set<string>();
	const note = (key: string | symbol) => typeof key === "string" && asked.add(key);
	parse(
		new Proxy(config, {
			get: (target, key) => {
				note(key);
				return Reflect.get(target, key);
			},
			has: (target, key) => {
				note(key);
				return Reflect.has(target, key);
			},
			// What passes over the rest, as zod does of settings that it does not know, asks for none of it.
			ownKeys: () => [],
		}),
	);
	const settings = Object.keys(config).filter((key) => !key.startsWith("_"));
	const missing = [...asked].filter((key) => !(key in config) && /^[a-z]\w*$/.test(key) && !(key in Object.prototype));
	return { missing, unknown: settings.filter((key) => !asked.has(key)) };
}
