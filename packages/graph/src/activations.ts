import { gelu, geluTanh, mish, quickGelu, relu, sigmoid, silu, tanh } from "./ops/elementwise.ts";
import type { Value } from "./value.ts";

/**
 * Activations under transformers' names, which `config.json` of a text encoder has:
 * https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/activations.py
 */
export const ACTIVATIONS = {
	gelu,
	gelu_python: gelu,
	gelu_new: geluTanh,
	gelu_fast: geluTanh,
	gelu_accurate: geluTanh,
	gelu_pytorch_tanh: geluTanh,
	gelu_python_tanh: geluTanh,
	quick_gelu: quickGelu,
	relu,
	silu,
	swish: silu,
	mish,
	tanh,
	sigmoid,
} as const satisfies Record<string, (x: Value) => Value>;

export type ActivationName = keyof typeof ACTIVATIONS;

export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[];
