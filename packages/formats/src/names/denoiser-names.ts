import { bflFlux, type FluxLayout } from "./bfl-flux.ts";
import { ldmUNet, type UNetLayout } from "./ldm-unet.ts";
import { type MMDiTLayout, mmdit } from "./mmdit.ts";
import type { NameTable } from "./name-table.ts";

/** The tables for the authors' names of denoisers, by diffusers' class. */
const TABLES: Readonly<Record<string, (config: unknown) => NameTable>> = {
	UNet2DConditionModel: (config) => ldmUNet(config as UNetLayout),
	SD3Transformer2DModel: (config) => mmdit(config as MMDiTLayout),
	FluxTransformer2DModel: (config) => bflFlux(config as FluxLayout),
};

/** The table for the authors' names of a denoiser with this `config.json`. Undefined for an unknown class. */
export function denoiserNames(config: { readonly _class_name?: unknown }): NameTable | undefined {
	const { _class_name } = config;
	return typeof _class_name === "string" && Object.hasOwn(TABLES, _class_name)
		? TABLES[_class_name]!(config)
		: undefined;
}
