// Solvers in λ, the logarithm of signal to noise. They are loaded together.

export { deis } from "./deis.ts";
export { dpmSolverMultistep } from "./dpm-solver-multistep.ts";
export { dpmSolverSinglestep } from "./dpm-solver-singlestep.ts";
export { saSolver } from "./sa-solver.ts";
export { uniPc } from "./unipc.ts";
