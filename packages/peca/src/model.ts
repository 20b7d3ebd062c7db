/** The adapter as a graph, for training. */
export { output } from "./adapter-graphs.ts";
export { type AdapterConfig, type Attend, adapter, type Join } from "./adapter-model.ts";
export { conditionRows } from "./condition-rows.ts";
export { refuseLengths } from "./refuse-lengths.ts";
