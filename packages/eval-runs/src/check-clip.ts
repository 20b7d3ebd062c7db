import { type CLIPTextConfig, parseCLIPTextConfig } from "@drum/encoders-clip";
import { openRepository, type RepositoryOptions } from "@drum/hub";
import type { FoundationModel } from "@drum/pipeline";
import { ArgumentError, readJson } from "@drum/tensor";

/**
 * Looks in configurations alone whether Text align can be measured of a model: by an encoder whose text projection it uses itself, or
 * by the CLIP's text encoder, where that is of the same shape.
 * @throws ArgumentError where neither can be; what reading the files throws.
 */
export async function checkClip(
	{ encoders, mix, name }: FoundationModel,
	{ model, clip }: { model: string; clip: string },
	options: RepositoryOptions = {},
): Promise<void> {
	if (mix.pooled.some(({ project }) => project)) return;
	const whole = await configOf(clip, "config.json", { ...options, revision: undefined });
	// T5 has no class row.
	const folders = Object.entries(encoders).flatMap(([encoder, { folder }]) => (encoder === "T5" ? [] : [folder]));
	const own = await Promise.all(folders.map((folder) => configOf(model, `${folder}/config.json`, options)));
	if (own.some((config) => sameShape(config, whole))) return;
	throw clipError(
		name,
		own.map(({ hidden_size }) => hidden_size).join(" or "),
		`${clip}, of width ${whole.hidden_size}`,
	);
}

/** What a CLIP that is of another model says. */
export function clipError(model: string, expected: string, found: string): ArgumentError {
	return new ArgumentError({
		what: `the CLIP for ${model}`,
		expected: `one whose text encoder is the model's (of width ${expected}), to measure Text align`,
		found,
		next: "Give the whole CLIP that the model's text encoder is of, or leave out Table 2b and Figure 3",
	});
}

function sameShape(a: CLIPTextConfig, b: CLIPTextConfig): boolean {
	return a.hidden_size === b.hidden_size && a.num_attention_heads === b.num_attention_heads;
}

async function configOf(source: string, path: string, options: RepositoryOptions): Promise<CLIPTextConfig> {
	const repository = await openRepository(source, options);
	const what = `${repository.name}/${path}`;
	return parseCLIPTextConfig(await readJson(await repository.file(path), what), what);
}
