export { ACTIVATION_NAMES, ACTIVATIONS, type ActivationName } from "./activations.ts";
export { type AdamwFactors, type AdamwSettings, adamw, adamwFactors } from "./adamw.ts";
export { checkDevice, type DeviceTrial } from "./check-device.ts";
export { type CutGraph, cutGraph } from "./cut/cut-graph.ts";
export { type CutBuild, CutSession, type CutSessions } from "./cut/cut-session.ts";
export { deviceWarnings } from "./device/device-warnings.ts";
export type { Precision, TriedOperator } from "./device/tried-operator.ts";
export type { Device } from "./device.ts";
export { DEVICES } from "./devices.ts";
export { extendedEmbedding, type MoreRows } from "./extended-embedding.ts";
export type { GraphInput } from "./feeds.ts";
export { gradients } from "./gradient/gradients.ts";
export { type BuiltGraph, Graph, type GraphOptions } from "./graph.ts";
export type { LayerError } from "./layer-errors.ts";
export {
	addLayerNorm,
	conv2d,
	embedding,
	groupNorm,
	layerNorm,
	linear,
	linearParts,
	patchConv2d,
	rmsNorm,
	upsampleConv2d,
} from "./layers.ts";
export { LazySession } from "./lazy-session.ts";
export { loraFingerprint, loraPrint } from "./lora/lora-fingerprint.ts";
export { type LoraLayers, loraFeeds, loraKey, type ScaledLora } from "./lora/lora-layers.ts";
export type { AdaptedRunOptions, LoraPrint, LoraTextEncoder, TakesLoras } from "./lora/lora-models.ts";
export type { RowNorms, WeightNorms } from "./lora/row-norms.ts";
export { takeLoras } from "./lora/take-loras.ts";
export { MODEL_OPTIONS, weightOptions } from "./model-options.ts";
export { checkEncoded, refuseDamagedWeights, type WeightsToCheck } from "./not-finite.ts";
export { averagePool2x2 } from "./ops/conv.ts";
export {
	add,
	cast,
	cos,
	div,
	exp,
	gelu,
	geluTanh,
	mish,
	mul,
	quickGelu,
	relu,
	sigmoid,
	silu,
	sin,
	softplus,
	sqrt,
	sub,
	tanh,
	where,
} from "./ops/elementwise.ts";
export { mergeHeads, repeatHeads, splitHeads, widenHeads } from "./ops/heads.ts";
export { type AttentionOptions, affine, attention, matmul, rotaryEmbedding, softmax } from "./ops/linalg.ts";
export { modulatedLayerNorm } from "./ops/norm.ts";
export type { Conv2dOptions } from "./ops/quantized-conv.ts";
export { reduceMean, reduceSum } from "./ops/reduce.ts";
export {
	concat,
	gather,
	gatherRows,
	pictureOfRows,
	pixelRows,
	repeat,
	reshape,
	slice,
	split,
	splitLike,
	splitRows,
	transpose,
	upsampleNearest2x,
} from "./ops/shape.ts";
export { parameters } from "./parameters.ts";
export { precisionOn } from "./precision-on.ts";
export { checkDtype } from "./quantize/check-dtype.ts";
export { type QuantizedMatrix, WEIGHT_DTYPES, type WeightDtype, type WeightUse } from "./quantize/formats.ts";
export { quantizedBytes } from "./quantize/matrices.ts";
export { quantize } from "./quantize/quantize.ts";
export type { QuantizeOptions, QuantizeProgress, WeightOptions } from "./quantize/quantize-options.ts";
export { type RuntimeFiles, setRuntimeFiles } from "./runtime/runtime-files.ts";
export { endRuntime, setRuntimeApart } from "./runtime/runtimes.ts";
export { KeptTensor, type RunOptions, Session, type SessionOptions } from "./session.ts";
export { SizedSession } from "./sized-session.ts";
export { unusedWeights } from "./unused-weights.ts";
export { type Dim, known, product, type Value, type ValueType } from "./value.ts";
export type { WeightSource } from "./weight-source.ts";
export { Weights } from "./weights.ts";
