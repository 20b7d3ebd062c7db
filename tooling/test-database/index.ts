export { fill, fillEmpty } from "./fill.ts";
