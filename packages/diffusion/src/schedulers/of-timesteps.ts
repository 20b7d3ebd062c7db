// Samplers whose steps lead from timestep to timestep. They are loaded together.
export { ddim } from "./ddim.ts";
export { ddpm } from "./ddpm.ts";
export { lcm } from "./lcm.ts";
export { pndm } from "./pndm.ts";
export { tcd } from "./tcd.ts";
