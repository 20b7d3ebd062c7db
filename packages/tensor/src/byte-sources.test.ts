import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
	ArgumentError,
	type ByteSource,
	type BytesPlace,
	Checkpoint,
	CheckpointError,
	DownloadError,
	FileError,
	fingerprint,
	float32,
	openBytes,
	readJson,
	readWhole,
	serializeSafetensors,
	sha256,
} from "./index.ts";

const folder = await mkdtemp(join(tmpdir(), "drum-bytes-"));
afterAll(() => rm(folder, { recursive: true }));

const values = float32(
	Float32Array.from({ length: 9_000_000 }, (_, i) => i),
	[3000, 3000],
);
const small = serializeSafetensors({ a: float32(Float32Array.of(1, 2), [2]) });
const large = serializeSafetensors({ values });
const index = JSON.stringify({ weight_map: { a: "small.safetensors", values: "large.safetensors" } });
const files: Readonly<Record<string, Uint8Array>> = {
	"small.safetensors": small,
	"large.safetensors": large,
	"empty.json": new Uint8Array(),
	"model.safetensors.index.json": new TextEncoder().encode(index),
};
for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);

/** A static server with ranges; below `/whole/` without them. */
let asked: string[] = [];
const server = createServer((request, response) => {
	const [, way, name] = request.url!.split(/[/?]/);
	const bytes = files[name!];
	asked.push(`${name} ${request.headers.range}`);
	if (!bytes) return response.writeHead(way === "broken" ? 500 : 404).end();
	const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
	if (way === "whole" || from === undefined)
		return response.writeHead(200, { "content-length": bytes.length }).end(bytes);
	if (bytes.length === 0) return response.writeHead(416, { "content-range": "bytes */0" }).end();
	const part = bytes.subarray(Number(from), Number(to) + 1);
	response
		.writeHead(206, { "content-range": `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}` })
		.end(part);
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
afterAll(() => server.close());
const url = (way: string, name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${way}/${name}`;

const kinds: readonly [string, (name: string) => BytesPlace][] = [
	["a path", (name) => join(folder, name)],
	["a file's address", (name) => pathToFileURL(join(folder, name))],
	["an address", (name) => `${url("ranges", name)}?download=true`],
	["an address without ranges", (name) => new URL(url("whole", name))],
	["a File", (name) => new File([new Uint8Array(files[name]!)], name)],
	["a Uint8Array", (name) => files[name]!],
	["an ArrayBuffer", (name) => new Uint8Array(files[name]!).buffer],
];

describe.each(kinds)("%s", (_, place) => {
	test("gives any range, and less at its end", async () => {
		const source = await openBytes(place("small.safetensors"), { name: "small.safetensors" });
		expect(source.size).toBe(small.length);
		await fc.assert(
			fc.asyncProperty(fc.nat(small.length), fc.nat(small.length + 20), async (from, length) => {
				const bytes = await source.read(from, from + length);
				expect(bytes).toEqual(small.slice(from, from + length));
				expect(bytes.byteOffset + bytes.length).toBe(bytes.buffer.byteLength);
			}),
			{ numRuns: 20 },
		);
		expect(await readWhole(source)).toEqual(small);
		await expect(readWhole(source, small.length - 1)).rejects.toThrow(`expected at most ${small.length - 1} bytes`);
	});
});

// A server without ranges would have to give the whole large file.
test.each(kinds.filter(([kind]) => !kind.endsWith("without ranges")))(
	"%s is a checkpoint, with the same fingerprint from wherever it comes",
	async (_, place) => {
		const checkpoint = await Checkpoint.open(place("large.safetensors"));
		const { data } = await checkpoint.read("values");
		expect(Buffer.from(data.buffer).equals(Buffer.from(values.data.buffer))).toBe(true);
		expect(await fingerprint(checkpoint, ["values"], { kind: "x" })).toBe("e39fccbafdd13a28c516b45e1a2c064a");
	},
);

test("an address fetches a small file once, and of a large one what is read", async () => {
	asked = [];
	const one = await openBytes(url("ranges", "small.safetensors"));
	await one.read(8, 20);
	expect(asked).toEqual(["small.safetensors bytes=0-1048575"]);
	asked = [];
	const two = await openBytes(url("ranges", "large.safetensors"));
	await two.read(0, 1000);
	await two.read(30_000_000, 30_000_004);
	expect(asked).toEqual(["large.safetensors bytes=0-1048575", "large.safetensors bytes=30000000-30000003"]);
});

test.each(kinds.slice(0, 3))("an index at %s finds its shards beside it", async (_, place) => {
	const checkpoint = await Checkpoint.open(place("model.safetensors.index.json"));
	expect((await checkpoint.read("a")).data).toEqual(Float32Array.of(1, 2));
});

test("an index alone is refused, and what is no place", async () => {
	const alone = Checkpoint.open(new File([index], "model.safetensors.index.json"));
	await expect(alone).rejects.toThrow(CheckpointError);
	await expect(alone).rejects.toThrow("expected an index that has its shards beside it");
	for (const place of [undefined, 7, {}, new Float32Array(2)])
		await expect(openBytes(place as unknown as BytesPlace)).rejects.toThrow(ArgumentError);
});

test.each([
	["a file that is not there", url("ranges", "none"), FileError, "none: expected a file, found HTTP 404"],
	["a server's fault", url("broken", "none"), DownloadError, "expected the file, found HTTP 500"],
	["a large file without ranges", url("whole", "large.safetensors"), DownloadError, "a server that gives ranges"],
	["no server", "http://127.0.0.1:9/x", DownloadError, "expected an answer"],
])("%s is an error that says so", async (_, place, kind, message) => {
	const error = await openBytes(place).catch((error: unknown) => error);
	expect(error).toBeInstanceOf(kind);
	expect((error as Error).message).toContain(message);
});

test("an empty file is one of no bytes, and no JSON", async () => {
	const source = await openBytes(url("ranges", "empty.json"));
	expect(source.size).toBe(0);
	await expect(readJson(source)).rejects.toThrow("an empty file");
});

test("a signal ends a download with its reason", async () => {
	const signal = AbortSignal.abort(new Error("enough"));
	await expect(openBytes(url("ranges", "small.safetensors"), { signal })).rejects.toThrow("enough");
});

test("what is cut short after it was opened is told with the tensor's name", async () => {
	const checkpoint = await Checkpoint.open(small);
	const short: ByteSource = { name: "x", size: small.length, read: async () => new Uint8Array(3) };
	const place = { ...checkpoint.get("a")!, file: short };
	await expect(fingerprint({ get: () => place }, ["a"], {})).rejects.toThrow(
		"x, tensor a: expected 8 bytes, found the end after 3",
	);
});

test("sha256 is the digest of all parts together", () => {
	fc.assert(
		fc.property(fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array())), (parts) => {
			const hash = createHash("sha256");
			for (const part of parts) hash.update(part);
			expect(sha256(...parts)).toBe(hash.digest("hex"));
		}),
	);
});
