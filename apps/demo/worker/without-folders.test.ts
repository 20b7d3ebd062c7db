import { expect, test } from "vitest";
import { withoutFolders } from "./without-folders.ts";

test.each([
	["/models/evil/unet/weights.safetensors: expected 9 bytes", "weights.safetensors: expected 9 bytes"],
	["found C:\\models\\sdxl\\unet.onnx, and \\\\server\\share\\x", "found unet.onnx, and x"],
	['"/srv/models/a/" is no folder', '"a" is no folder'],
	["width × height in 1/2 steps, and/or alpha", "width × height in 1/2 steps, and/or alpha"],
	["stabilityai/sdxl-turbo of https://huggingface.co/api", "stabilityai/sdxl-turbo of https://huggingface.co/api"],
	["a / b", "a / b"],
])("%s", (text, told) => {
	expect(withoutFolders(text)).toBe(told);
});
