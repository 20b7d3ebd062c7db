export { BlobBytes } from "./blob-bytes.ts";
export type { ByteReader, ByteSource } from "./byte-source.ts";
export { bytesText } from "./bytes-text.ts";
export { areIds, checkIds } from "./check-ids.ts";
export { type Aliases, checkNames, namesOf, nearestName } from "./check-names.ts";
export { Checkpoint } from "./checkpoint.ts";
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
export { fingerprint } from "./fingerprint.ts";
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16, toFloat32 } from "./half.ts";
export { jsonFault } from "./json-fault.ts";
export { latePart, loadPart } from "./load-part.ts";
export { MemoryBytes } from "./memory-bytes.ts";
export { kindByName } from "./name-kind.ts";
export { nextTurn } from "./next-turn.ts";
export { RandomState } from "./numpy-random.ts";
export { type BytesPlace, type OpenBytesOptions, openBytes } from "./open-bytes.ts";
export { isObject, parseJson } from "./parse-json.ts";
export { PlaceReader, readTensor } from "./place-reader.ts";
export { LARGEST_TEXT, readJson, readWhole } from "./read-whole.ts";
export { type NamedTensors, parseSafetensors, serializeSafetensors, tensorOver } from "./safetensors.ts";
export { SafetensorsFile } from "./safetensors-file.ts";
export { headerLength, parseHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors-header.ts";
export { writeSafetensors } from "./safetensors-write.ts";
export { SeedSequence, type SeedSequenceOptions } from "./seed-sequence.ts";
export { sha256 } from "./sha256.ts";
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
export { UrlBytes, type UrlOptions } from "./url-bytes.ts";
export type { Warning, WarningCode } from "./warning.ts";
export { type WriteFileOptions, writeFile } from "./write-file.ts";
