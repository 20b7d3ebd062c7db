export type { Difference, Kronecker, Lora, LoraFactor, LoraModule, LowRank } from "./lora/lora.ts";
export { type Layers, type LoraEncoder, type LoraFile, type LoraModel, layersOf } from "./lora/model.ts";
