import type { Graph } from "../graph.ts";
import type { adaptedAffine } from "./adapted-affine.ts";
import type { adaptedConv } from "./adapted-conv.ts";
import type { Bring, GraphLoras } from "./graph-loras.ts";

/** LoRAs as a checkpoint carries them into graphs, with the code that layers need for them, which others do without. */
export interface SourceLoras {
	into(graph: Graph, bring: Bring): GraphLoras;
	readonly affine: typeof adaptedAffine;
	readonly conv: typeof adaptedConv;
}
