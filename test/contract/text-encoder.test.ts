import { nativeClip, projectedClip, qwen3, t5 } from "./backends.ts";
import { openExport } from "./exports.ts";
import { textEncoderContract } from "./text-encoder-contract.ts";

textEncoderContract("CLIPTextEncoder", nativeClip);
textEncoderContract("CLIPTextEncoder with a projection", projectedClip);
textEncoderContract("T5TextEncoder", t5);
textEncoderContract("Qwen3TextEncoder for Z-Image", () => qwen3("z-image", [-2]));
textEncoderContract("Qwen3TextEncoder for FLUX.2 klein", () => qwen3("flux2-klein", [1, 3, 4]));
textEncoderContract("TransformersTextEncoder", () => openExport("clip"));
textEncoderContract("TransformersTextEncoder with a projection", () =>
	openExport("clip-projected", { skips: [-1, -2] }),
);
textEncoderContract("TransformersTextEncoder of T5", () => openExport("t5", { tokens: 24 }));
textEncoderContract("TransformersTextEncoder of another kind", () => openExport("bert"));
