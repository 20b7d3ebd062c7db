import type { LoraModule } from "@drum/formats";

/** For each output (or input) of a layer: `‖W‖²`, `2⟨W, ΔW⟩` and `‖ΔW‖²`, with the module's own scale in `ΔW`. */
export interface RowNorms {
	readonly own: Float32Array;
	readonly between: Float32Array;
	readonly added: Float32Array;
}

/** Of all modules of a LoRA that have magnitudes. */
export type WeightNorms = ReadonlyMap<LoraModule, RowNorms>;
