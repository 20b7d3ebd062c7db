import { gelu, mish, relu, silu, type Value } from "@drum/graph";
import * as z from "zod/mini";

export type Activation = (x: Value) => Value;

// diffusers' table: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/activations.py
const ACTIVATIONS = { swish: silu, silu, mish, gelu, relu } as const satisfies Record<string, Activation>;

/** An activation's name, in capitals or not. */
export const activationName = z.pipe(
	z.pipe(
		z.string(),
		z.transform((name) => name.toLowerCase()),
	),
	z.enum(Object.keys(ACTIVATIONS) as (keyof typeof ACTIVATIONS)[]),
);

export type ActivationName = z.infer<typeof activationName>;

export function activationOf(name: ActivationName): Activation {
	return ACTIVATIONS[name];
}
