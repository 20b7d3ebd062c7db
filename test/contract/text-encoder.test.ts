import { nativeClip, onnxClip, projectedClip, t5 } from "./backends.ts";
import { textEncoderContract } from "./text-encoder-contract.ts";

textEncoderContract("CLIPTextEncoder", nativeClip);
textEncoderContract("CLIPTextEncoder with a projection", projectedClip);
textEncoderContract("T5TextEncoder", t5);
textEncoderContract("an ONNX export on onnxruntime-node", onnxClip);
