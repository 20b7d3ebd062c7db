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
export { BYTES, type DataType, type DataTypes, float32, sizeOf, type Tensor } from "./tensor.ts";
