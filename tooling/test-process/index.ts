export { findLibatomic } from "./libatomic.ts";
export { CHEAP, TYPESCRIPT } from "./settings.ts";
