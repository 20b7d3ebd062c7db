export { areIds, checkIds } from "./check-ids.ts";
export { type Aliases, checkNames, namesOf, nearestName } from "./check-names.ts";
export {
	ArgumentError,
	CheckpointError,
	DeviceError,
	DownloadError,
	DrumError,
	type ErrorCode,
	type ErrorFields,
	FileError,
} from "./errors.ts";
export { type FileKind, fileKind, HEAD, parseJsonFile, refuseOtherKind } from "./file-kind.ts";
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16, toFloat32 } from "./half.ts";
export { jsonFault } from "./json-fault.ts";
export { RandomState } from "./numpy-random.ts";
export { isObject, parseJson } from "./parse-json.ts";
export { type NamedTensors, parseSafetensors, serializeSafetensors, tensorOver } from "./safetensors.ts";
export { headerLength, parseHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors-header.ts";
export { SeedSequence, type SeedSequenceOptions } from "./seed-sequence.ts";
export { printable, shown, shownNames } from "./shown.ts";
export { BYTES, type DataType, type DataTypes, float32, sizeOf, type Tensor } from "./tensor.ts";
export {
	advised,
	type CheckpointTensor,
	joinedTensor,
	rowsOf,
	type StoredTensor,
	scaledTensor,
	seenAs,
	storedParts,
	type TensorSource,
	transposedTensor,
} from "./tensor-place.ts";
export {
	ENCODE_OPTIONS,
	type EncodeOptions,
	type LearnedToken,
	type PromptIds,
	type Skip,
	type TextEncoder,
	type TextEncoding,
} from "./text-encoder.ts";
export { TorchGenerator } from "./torch-random.ts";
export type { Warning, WarningCode } from "./warning.ts";
