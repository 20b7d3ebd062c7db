import type { Model } from "../../../api/index.ts";

/** The model of a checkpoint's name as a picture tells it: a hub id, or the folder where it lay. */
export function modelNamed(models: readonly Model[], name: string | undefined): Model | undefined {
	if (name === undefined) return undefined;
	const parts = name.split(/[\\/]/).filter(Boolean);
	// The repository's own model lies in a folder of its package.
	const packaged = parts.at(-1) === "model" ? `@drum/${parts.at(-2)}` : undefined;
	return models.find(({ id, source }) => [name, parts.at(-1), packaged].includes(source) || id === name);
}
