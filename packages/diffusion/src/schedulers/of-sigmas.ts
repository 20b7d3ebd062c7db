// Samplers whose steps lead from one σ to the next. They are loaded together.

export { consistency } from "./consistency.ts";
export { dpmSolverSde } from "./dpm-solver-sde.ts";
export { edmDpm, edmEuler } from "./edm.ts";
export { euler } from "./euler.ts";
export { eulerAncestral } from "./euler-ancestral.ts";
export { heun } from "./heun.ts";
export { kdpm2, kdpm2Ancestral } from "./kdpm2.ts";
export { lms } from "./lms.ts";
