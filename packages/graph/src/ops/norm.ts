import { known, product, type Value } from "../value.ts";
import { asPicture, lastOf } from "./channels-last.ts";
import { add, mul } from "./elementwise.ts";
import { groupNormLast } from "./group-norm-last.ts";
import { reshape } from "./shape.ts";

/** Over the last axis. */
export function layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
	return x.graph.node(
		"LayerNormalization",
		[x, weight, bias],
		{ dims: x.dims, type: x.type },
		{ axis: { int: -1 }, epsilon },
	);
}

/** `layerNorm(x + y)` in one pass: the joint of a post-norm block. */
export function addLayerNorm(x: Value, y: Value, weight: Value, bias: Value, epsilon: number): Value {
	return x.graph.node(
		"SkipLayerNormalization",
		[x, y, weight, bias],
		{ dims: x.dims, type: x.type },
		{ epsilon },
		"com.microsoft",
	);
}

/** `x` `[batch, channels, height, width]`, statistics over each group of channels. */
export function groupNorm(x: Value, weight: Value, bias: Value, groups: number, epsilon: number): Value {
	const last = lastOf(x);
	if (last) return asPicture(groupNormLast(last, weight, bias, groups, epsilon));
	const { graph } = x;
	const [batch] = x.dims;
	const channels = known(x, 1);
	const grouped = reshape(x, [batch!, groups, product([channels / groups, ...x.dims.slice(2)])]);
	const ones = graph.constant(new Float32Array(groups).fill(1), [groups], x.type);
	const zeros = graph.constant(new Float32Array(groups), [groups], x.type);
	const normed = graph.node(
		"InstanceNormalization",
		[grouped, ones, zeros],
		{ dims: grouped.dims, type: x.type },
		{ epsilon },
	);
	const [scale, shift] = [weight, bias].map((value) => reshape(value, [channels, 1, 1]));
	return add(mul(reshape(normed, x.dims), scale!), shift!);
}

/** Over the last axis, by the root of the mean square alone. */
export function rmsNorm(x: Value, weight: Value, epsilon: number): Value {
	return x.graph.node(
		"SimplifiedLayerNormalization",
		[x, weight],
		{ dims: x.dims, type: x.type },
		{ axis: { int: -1 }, epsilon },
	);
}

/** `layerNorm(x)` times `scale` plus `shift`, both `[1, width]` and made in the graph: adaptive norm for one picture, in one pass. */
export function modulatedLayerNorm(x: Value, scale: Value, shift: Value, epsilon: number): Value {
	const width = known(x, -1);
	return layerNorm(x, reshape(scale, [width]), reshape(shift, [width]), epsilon);
}
