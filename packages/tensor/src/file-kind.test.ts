import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckpointError, fileKind, parseJsonFile, parseSafetensors, serializeSafetensors } from "./index.ts";
import { kindByName } from "./node.ts";

const bytes = (...parts: (string | number[] | Uint8Array)[]) =>
	Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));
/** The beginning of a zip whose first file has this name. */
const zip = (name: string) =>
	bytes("PK\x03\x04", new Uint8Array(22), [name.length, 0, 0, 0], name, deflateRawSync("x"));

/** Files as people come to have them in place of weights, each by its first bytes. */
const FILES: [string, Buffer, string][] = [
	["a git-lfs pointer", bytes("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n"), "git-lfs"],
	["a git-annex pointer", bytes("/annex/objects/SHA256E-s5--12.safetensors\n"), "git-annex"],
	["a web page", bytes("\n<!DOCTYPE html>\n<html><body>Log in</body></html>"), "HTML"],
	["a web page with a byte order mark", bytes([0xef, 0xbb, 0xbf], "<html lang=en>"), "HTML"],
	["a store's answer", bytes('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), "XML"],
	["a server's error in JSON", bytes('{"error":"Repository not found"}'), "error message"],
	["a server's error in text", bytes("Entry not found"), "error message"],
	["torch.save since 1.6", zip("archive/data.pkl"), "PyTorch pickle"],
	["torch.save of another name", zip("v1-5-pruned/.data/serialization_id"), "PyTorch pickle"],
	[
		"torch.save before 1.6",
		bytes([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
		"pickle",
	],
	["a pickled dictionary", bytes([0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, 0x7d]), "pickle"],
	["a zip", zip("model/config.json"), "zip archive"],
	["GGUF", bytes("GGUF", [3, 0, 0, 0, 5, 0, 0, 0]), "GGUF"],
	["Keras", bytes([0x89], "HDF\r\n", [0x1a, 0x0a]), "HDF5"],
	["NumPy", bytes([0x93], "NUMPY", [1, 0]), "NumPy"],
	["ONNX", bytes([0x08, 0x08, 0x12, 0x07], "pytorch", [0x1a, 0x05], "2.1.0"), "ONNX"],
	["gzip", gzipSync("x"), "compressed"],
	["tar", bytes("model/config.json", new Uint8Array(240), "ustar\x0000"), "tar archive"],
	["a picture", bytes([0x89], "PNG\r\n", [0x1a, 0x0a]), "picture"],
	["zeros", Buffer.alloc(512), "zeros"],
	["nothing", Buffer.alloc(0), "empty file"],
];

describe("what a file is in place of weights or a configuration", () => {
	it.each(FILES)("%s is told, with the way out", (_, content, is) => {
		const kind = fileKind(content, content.length);
		expect(kind?.is).toContain(is);
		expect(kind?.next).toMatch(/^[A-Z].{10}/);
		for (const read of [() => parseSafetensors(content, "x.safetensors"), () => parseJsonFile(content, "x.json")]) {
			expect(read).toThrow(CheckpointError);
			expect(read).toThrow(kind?.is);
		}
	});

	it("weights in place of a configuration are told", () => {
		expect(() => parseJsonFile(serializeSafetensors({}), "config.json")).toThrow("weights in safetensors");
	});

	it("is nothing else for any safetensors file, and for JSON of any kind", () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.nat(20)), (sizes) => {
				const named = Object.entries(sizes).filter(([name]) => name !== "__metadata__" && name !== "__proto__");
				const tensors = named.map(
					([name, size]) => [name, { type: "uint8", dims: [size], data: new Uint8Array(size) }] as const,
				);
				const file = serializeSafetensors(new Map(tensors));
				expect(fileKind(file, file.length)).toBeUndefined();
			}),
		);
		fc.assert(
			fc.property(fc.json(), (text) => {
				fc.pre(!/^\s*\{\s*"(error|message)"/.test(text));
				expect(parseJsonFile(new TextEncoder().encode(text), "x")).toEqual(JSON.parse(text));
			}),
		);
	});

	it("never throws, whatever the bytes are", () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (content) => void fileKind(content, content.length)));
	});

	it.each([
		["unet/model-Q4_0.gguf", "GGUF"],
		["v1-5.ckpt", "pickled"],
		["unet/model.onnx", "ONNX"],
		["model.zip", "archive"],
		["flax_model.msgpack", "another framework"],
	])("%s is told by its name", (path, is) => {
		expect(kindByName(path)?.is).toContain(is);
	});
	it.each(["model.safetensors", "config.json", "README.md"])("%s is not", (path) => {
		expect(kindByName(path)).toBeUndefined();
	});
});
