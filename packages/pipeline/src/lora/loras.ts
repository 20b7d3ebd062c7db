import type { LoraPrint, LoraTextEncoder, ScaledLora } from "@drum/graph";
import { isSource, REPOSITORY_OPTIONS, sourceName, type WeightsSource } from "@drum/hub";
import type { Encoders } from "@drum/peca";
import { ArgumentError, checkNames, loadPart, shown, type Warning } from "@drum/tensor";
import type { LoraTargets } from "./load-lora.ts";
import type { LoadedLora, LoadLoraOptions } from "./loaded-lora.ts";

/** A call's scales, by name. */
export type LoraScales = Readonly<Record<string, number>>;

/** How a picture records a LoRA: what identifies it, and its scale. */
export interface AppliedLora {
	readonly [field: string]: string | number;
	readonly name: string;
	readonly source: string;
	readonly scale: number;
}

/** The LoRAs of one call. Fixed when the call is planned, so that later loading or unloading does not change its picture. */
export interface CallLoras {
	readonly denoiser: readonly ScaledLora[];
	/** The pipeline's encoders, with the LoRAs that change them. */
	readonly encoders: Encoders;
	/** The LoRAs with an effect, and their scales. */
	readonly applied: readonly AppliedLora[];
	readonly warnings: readonly Warning[];
}

/** A pipeline's LoRAs. */
export class Loras {
	readonly #targets: LoraTargets;
	#loaded: readonly LoadedLora[] = [];
	/** Undefined until the first LoRA is loaded. */
	#print: LoraPrint | undefined;
	readonly #held = new WeakMap<LoraScales, CallLoras>();

	constructor(targets: LoraTargets) {
		this.#targets = targets;
	}

	get loaded(): readonly LoadedLora[] {
		return this.#loaded;
	}

	/** Bytes that all of them take in memory. */
	get bytes(): number {
		return this.#loaded.reduce((sum, { bytes }) => sum + bytes, 0);
	}

	/** @throws what `loadLora` throws; ArgumentError for options that it does not take, and a name that is taken. */
	async load(source: WeightsSource, options: LoadLoraOptions): Promise<LoadedLora> {
		checkNames("loadLora", options, ["name", "scale", "weightName", ...REPOSITORY_OPTIONS]);
		if (!isSource(source)) {
			const expected = "a LoRA's place: a .safetensors file, a folder or a hub id";
			throw new ArgumentError({ what: "loadLora", expected, found: shown(source) });
		}
		const { name = nameOf(sourceName(source)), ...rest } = options;
		if (typeof name !== "string" || name === "") {
			const next = "Name it by the option name";
			throw new ArgumentError({ what: "name", expected: "a LoRA's name", found: shown(name), next });
		}
		if (rest.scale !== undefined) checkScale("scale", rest.scale);
		this.#checkFree(name);
		const { loadLora, loraPrint } = await loadPart(() => import("./load-lora.ts"));
		this.#print = loraPrint;
		const lora = await loadLora(this.#targets, source, name, rest);
		// Another one may have been loaded in the meantime.
		this.#checkFree(name);
		this.#loaded = [...this.#loaded, lora];
		for (const warning of lora.warnings) options.onWarning?.(warning);
		return lora;
	}

	/** @throws ArgumentError for an unknown name */
	unload(name: string): void {
		this.#find(name);
		this.#loaded = this.#loaded.filter((lora) => lora.name !== name);
	}

	/**
	 * A copy of a call's scales for which `under` always returns the current LoRAs, even if some are loaded or unloaded later.
	 * @throws as `under`
	 */
	hold(scales?: LoraScales): LoraScales {
		if (scales && this.#held.has(scales)) return scales;
		const loras = this.under(scales);
		const held = { ...scales };
		this.#held.set(held, loras);
		return held;
	}

	/**
	 * The LoRAs of a call with these scales, which replace their own.
	 * @throws ArgumentError for an unknown name, or a scale that is not a finite number
	 */
	under(scales: LoraScales = {}): CallLoras {
		const held = this.#held.get(scales);
		if (held) return held;
		if (typeof scales !== "object" || scales === null || Array.isArray(scales))
			throw new ArgumentError({ what: "loras", expected: "scales by name, { name: 0.8 }", found: shown(scales) });
		for (const [name, scale] of Object.entries(scales)) {
			this.#find(name);
			if (scale !== undefined) checkScale(`loras.${name}`, scale);
		}
		const scaled = this.#loaded.map((lora) => ({
			lora,
			scale: (Object.hasOwn(scales, lora.name) ? scales[lora.name] : undefined) ?? lora.scale,
		}));
		const { encoders } = this.#targets;
		return {
			denoiser: scaled.flatMap(({ lora: { parts }, scale }) =>
				parts.denoiser ? [{ layers: parts.denoiser, scale }] : [],
			),
			encoders: Object.fromEntries(
				Object.entries(encoders).map(([name, encoder]) => {
					const own = scaled.flatMap(({ lora, scale }) => {
						const layers = lora.parts.encoders[name];
						return layers ? [{ layers, scale }] : [];
					});
					return [name, own.length > 0 ? (encoder as LoraTextEncoder).withLoras(own, this.#print!) : encoder];
				}),
			),
			applied: scaled.flatMap(({ lora: { name, source, weightName }, scale }) =>
				scale === 0 ? [] : [{ name, source, ...(weightName !== undefined && { weightName }), scale }],
			),
			warnings: this.#loaded.flatMap(({ warnings }) => warnings),
		};
	}

	#find(name: string): LoadedLora {
		const found = this.#loaded.find((lora) => lora.name === name);
		if (found) return found;
		throw new ArgumentError({
			what: `LoRA ${shown(name)}`,
			expected:
				this.#loaded.length > 0
					? `one of ${this.#loaded.map((lora) => lora.name).join(", ")}`
					: "a LoRA that is loaded",
			found: this.#loaded.length > 0 ? "another name" : "none",
			next: "Load it: await pipeline.loadLora(source, { name })",
		});
	}

	#checkFree(name: string): void {
		if (!this.#loaded.some((lora) => lora.name === name)) return;
		throw new ArgumentError({
			what: `LoRA ${name}`,
			expected: "a name that no other LoRA has",
			found: "one that is loaded",
			next: "Give it another by name, or unload that one first",
		});
	}
}

/** @throws ArgumentError for a value that is not a finite float32 number */
function checkScale(what: string, scale: number): void {
	if (typeof scale === "number" && Number.isFinite(Math.fround(scale))) return;
	throw new ArgumentError({ what, expected: "a finite number", found: shown(scale) });
}

/** The last part of a source, without the file's extension. */
function nameOf(source: string): string {
	const parts = source.split(/[\\/]+/).filter(Boolean);
	return (parts.at(-1) ?? "").replace(/\.safetensors$/, "");
}
