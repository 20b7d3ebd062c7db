export { Checkpoint, type CheckpointTensor } from "./checkpoint.ts";
export { fingerprint } from "./fingerprint.ts";
export { makeFolder } from "./make-folder.ts";
export { expandPath, hubHome } from "./paths.ts";
export { notWritten, replaceFile } from "./replace-file.ts";
export { SafetensorsFile } from "./safetensors-file.ts";
export { writeSafetensors } from "./safetensors-write.ts";
