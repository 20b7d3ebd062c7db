export { fillEmpty } from "./fill-empty.ts";
