export { TransformersCaptioner, type TransformersCaptionerOptions } from "./transformers/transformers-captioner.ts";
