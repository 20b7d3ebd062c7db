// Samplers of flows. They are loaded together.
export { flowMatchEuler, flowMatchLcm } from "./flow-match-euler.ts";
export { flowMatchHeun } from "./flow-match-heun.ts";
export { ipndm } from "./ipndm.ts";
