export { CHEAP, TYPESCRIPT } from "./settings.ts";
