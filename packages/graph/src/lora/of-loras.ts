// What graphs need for LoRAs. It is loaded with the first of them.
export { weightNorms } from "./weight-norms.ts";
export { withLoras } from "./with-loras.ts";
