import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseSafetensors, serializeSafetensors, toFloat32 } from "./index.ts";

// Oracle: PyTorch (tooling/golden/float8.py).

const bytes = await readFile(new URL("./fixtures/float8.safetensors", import.meta.url));
const { tensors } = parseSafetensors(bytes, "float8.safetensors");

test.each(["float8_e4m3fn", "float8_e5m2"])("every %s has PyTorch's value", (type) => {
	const found = tensors.get(type)!;
	expect([found.type, found.dims]).toEqual([type, [256]]);
	expect(toFloat32(found)).toEqual(tensors.get(`${type}.float32`)!.data);
});

test("are written as PyTorch's safetensors writes them", () => {
	expect(Buffer.from(serializeSafetensors(tensors)).equals(bytes)).toBe(true);
});
