import { latePart } from "@drum/tensor";

/** What plans a call's `cache`. */
export const cachePlanning = latePart(() => import("./plan-cache.ts"));
