import type { Model } from "../../../api/index.ts";

/** The model of a checkpoint's name as a picture tells it: a hub id, or a folder by its name or, in older pictures, its path. */
export function modelNamed(models: readonly Model[], name: string | undefined): Model | undefined {
	if (name === undefined) return undefined;
	const parts = name.split(/[\\/]/).filter(Boolean);
	// The repository's own model lies in a folder of this name in its package.
	const packaged = parts.at(-1) === "model" ? `@drum/${parts.at(-2) ?? "tiny"}` : undefined;
	return models.find(({ id, source }) => [name, parts.at(-1), packaged].includes(source) || id === name);
}
