export type { Lora, LoraFactor, LoraModule } from "./lora/lora.ts";
