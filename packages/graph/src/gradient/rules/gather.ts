import { cast } from "../../ops/elementwise.ts";
import { expandLike, unsqueeze, zerosLike } from "../../ops/shape.ts";
import { type Rule, rule } from "../rule.ts";

export const GATHER: Readonly<Record<string, Rule>> = {
	// Rows that were taken more than once get the sum, which CPUs make in float32 alone.
	Gather: rule((grad, [table, indices]) => [
		() => {
			const { graph, dims, type } = table!;
			const places = unsqueeze(indices!, indices!.dims.length);
			const sums = [zerosLike({ ...table!, type: "float32" }), places, cast(grad, "float32")];
			const result = { dims, type: "float32" as const };
			return cast(graph.node("ScatterND", sums, result, { reduction: "add" }), type);
		},
		null,
	]),
	// One row of each sequence: `positions` `[batch, 1]`, the derivative `[batch, width]`.
	GatherND: rule((grad, [x, positions]) => [
		() => {
			const { graph, dims } = x!;
			const rows = unsqueeze(grad, 1);
			const places = expandLike(unsqueeze(positions!, 2), rows);
			const attributes = { axis: { int: 1 } };
			return graph.node("ScatterElements", [zerosLike(x!), places, rows], { dims, type: grad.type }, attributes);
		},
		null,
	]),
};
