import { nativeClip, projectedClip, t5 } from "./backends.ts";
import { openExport } from "./exports.ts";
import { textEncoderContract } from "./text-encoder-contract.ts";

textEncoderContract("CLIPTextEncoder", nativeClip);
textEncoderContract("CLIPTextEncoder with a projection", projectedClip);
textEncoderContract("T5TextEncoder", t5);
textEncoderContract("TransformersTextEncoder", () => openExport("clip"));
textEncoderContract("TransformersTextEncoder with a projection", () =>
	openExport("clip-projected", { skips: [-1, -2] }),
);
textEncoderContract("TransformersTextEncoder of T5", () => openExport("t5", { tokens: 24 }));
textEncoderContract("TransformersTextEncoder of another kind", () => openExport("bert"));
