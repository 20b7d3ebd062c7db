import type { FoundationModel } from "./foundation-model.ts";

/** Both `config.json`, parsed but not checked. */
export interface DrawingConfigs {
	readonly denoiser: unknown;
	readonly vae: unknown;
}

/** The configurations as the model's diffusers pipeline uses them. */
export function amendConfigs(
	{ amendDenoiser, unreadOfVae = [] }: Pick<FoundationModel, "amendDenoiser" | "unreadOfVae">,
	{ denoiser, vae }: DrawingConfigs,
): DrawingConfigs {
	const read = isObject(vae) && Object.entries(vae).filter(([field]) => !unreadOfVae.some((name) => name === field));
	return { denoiser: amendDenoiser?.(denoiser) ?? denoiser, vae: read ? Object.fromEntries(read) : vae };
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
