import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FileError, float32 } from "./index.ts";
import { Checkpoint, checkInside, writeSafetensors } from "./node.ts";

const root = await mkdtemp(join(tmpdir(), "drum-inside-"));
afterAll(() => rm(root, { recursive: true }));

async function put(path: string): Promise<void> {
	await mkdir(dirname(join(root, path)), { recursive: true });
	await writeFile(join(root, path), "x");
}

async function link(path: string, to: string): Promise<void> {
	await mkdir(dirname(join(root, path)), { recursive: true });
	await symlink(to, join(root, path));
}

await put("secret");
await put("model-of-another/file");
await put("model/unet/file");
await link("model/same", "unet/file");
await link("model/folder", "unet");
await link("model/secret", "../secret");
await link("model/neighbour", "../model-of-another/file");
await link("model/out", "..");
await link("model/absolute", "/etc/passwd");
await link("model/loop", "loop");
await link("named", "model");
await put("hub/models--a--b/blobs/1");
await put("hub/models--a--c/blobs/1");
await link("hub/models--a--b/snapshots/0/unet/file", "../../../blobs/1");
await link("hub/models--a--b/snapshots/0/unet/other", "../../../../models--a--c/blobs/1");
await link("hub/models--a--b/snapshots/0/secret", "../../../../secret");
await link("snapshot", "hub/models--a--b/snapshots/0");

describe("checkInside", () => {
	test.each([
		["model", "unet/file"],
		["model", "same"],
		["model", "folder/file"],
		["named", "same"],
		["hub/models--a--b/snapshots/0", "unet/file"],
		["hub/models--a--b/snapshots/0/unet", "file"],
		["snapshot", "unet/file"],
	])("takes of %s the file %s", async (folder, path) => {
		await expect(checkInside(join(root, folder), path)).resolves.toBeUndefined();
	});

	test.each([
		["model", "secret"],
		["model", "neighbour"],
		["model", "out/secret"],
		["model", "absolute"],
		["hub/models--a--b/snapshots/0", "unet/other"],
		["hub/models--a--b/snapshots/0", "secret"],
		["model", "loop"],
		["model", "none"],
	])("refuses of %s the file %s", async (folder, path) => {
		const error = await checkInside(join(root, folder), path).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(FileError);
		expect(error).toMatchObject({ what: join(root, folder, path) });
	});
});

test("an index names no file that a link takes out of its folder", async () => {
	await writeSafetensors(join(root, "weights.safetensors"), { w: float32(Float32Array.of(1), [1]) });
	await link("model/part.safetensors", "../weights.safetensors");
	const index = join(root, "model/x.safetensors.index.json");
	await writeFile(index, JSON.stringify({ weight_map: { w: "part.safetensors" } }));
	await expect(Checkpoint.open(index)).rejects.toThrow(
		/part\.safetensors: expected a file of that folder, found a link to/,
	);
});
