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
export { type NamedTensors, parseSafetensors, serializeSafetensors } from "./safetensors.ts";
export { parseHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors-header.ts";
export { BYTES, type DataType, type DataTypes, float32, sizeOf, type Tensor } from "./tensor.ts";
